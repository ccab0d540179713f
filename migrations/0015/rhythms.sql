-- Lists are sent on every working day, and at the end of a month, too.
ALTER TABLE subscription DROP CONSTRAINT ck_subscription_rhythm;
ALTER TABLE subscription ADD CONSTRAINT ck_subscription_rhythm CHECK (rhythm IN ('day', 'week', 'month', 'month_end'));
