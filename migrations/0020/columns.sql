-- In whose name something was said that takes two people: holder and delegate are one.
ALTER TABLE campaign_check ADD COLUMN on_behalf_of_id UUID CONSTRAINT fk_campaign_check_on_behalf_of_id REFERENCES person (id);
ALTER TABLE waiver_request ADD COLUMN on_behalf_of_id UUID CONSTRAINT fk_waiver_request_on_behalf_of_id REFERENCES person (id);
ALTER TABLE extension ADD COLUMN on_behalf_of_id UUID CONSTRAINT fk_extension_on_behalf_of_id REFERENCES person (id);
