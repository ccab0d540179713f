"""What programs send about issues."""
from datetime import date
from typing import Literal

from pydantic import Field

from portal.api import Body, PageQuery, Paragraph, Phrase, Text
from tenants.vocabulary import IssuePart, IssueState, Line, Severity, Stage

_UNIT = Field(description="A unit's code.", examples=["migu"])
_ALSO = Field((), description="Codes of further units that are affected.", max_length=40)
Task = Literal["answer", "solve", "confirm", "rule", "reply", "identify", "take_over", "warn"]


class IssuesQuery(PageQuery):
    campaign: Phrase | None = Field(None, description="A campaign's id.")
    state: IssueState | None = None
    severity: Severity | None = None
    stage: Stage | None = None
    line: Line | None = Field(None, description="The campaign's line.")
    role: IssuePart | None = Field(None, description="The part of the caller's own units.")
    owner: Phrase | None = Field(None, description="Code of the unit that owns it.")
    raised_by: Phrase | None = Field(None, description="Code of the unit that raised it.")
    overdue: bool | None = Field(None, description="Whether an answer or a solution is late.")
    open: bool | None = Field(None, description="Whether it is neither closed nor withdrawn.")
    ruling_due: bool | None = None
    handed_over: bool | None = Field(None, description="Whether it was ever handed over.")
    task: Task | None = Field(None, description="What the caller has to do with it.")
    q: Phrase = Field("", description="In code, title and description.")


class DeskSent(Body):
    """A unit's desk; without a line that of the campaign's line."""
    unit: Phrase = _UNIT
    line: Line | None = None


class IssueRouteSent(Body):
    """What decides a route."""
    campaign: Phrase | None = Field(None, description="A campaign's id; null where it cannot be found.")
    raised_by: Phrase = _UNIT
    severity: Severity = Severity.MEDIUM
    stage: Stage = Stage.OTHER
    also: tuple[Phrase, ...] = _ALSO


class IssueSent(Body):
    """A fault of a campaign, as somebody met it."""
    campaign: Phrase | None = Field(None, description="Its id; null where it cannot be found, then `campaign_words`.")
    campaign_words: Paragraph = Field("", description="How a campaign that cannot be found is called.")
    raised_by: Phrase = Field(description="Code of the caller's own unit.", examples=["guangdong"])
    title: Phrase
    description: Text
    control_element: Phrase = Field("", description="A code or free text.")
    severity: Severity
    stage: Stage = Stage.OTHER
    complaint_count: int = Field(0, ge=0, le=1_000_000_000)
    also: tuple[Phrase, ...] = _ALSO


class IssueHandOverSent(Body):
    """To whom, and why."""
    to: DeskSent
    reason: Paragraph


class IssueReasonSent(Body):
    """Why."""
    reason: Paragraph


class IssueSolutionSent(Body):
    """What it was, and what was done."""
    root_cause: Text
    solution: Text


class IssueTextSent(Body):
    """A question or its answer."""
    text: Text


class IssueChaseSent(Body):
    """Words to urge with."""
    text: Paragraph = ""


class IssueCommentSent(Body):
    """Words to all parties."""
    text: Text
    mentions: tuple[Phrase, ...] = Field((), description="Mail addresses of people who read this issue.", max_length=50)


class IssueCampaignSent(Body):
    """Which campaign is meant."""
    campaign: Phrase = Field(description="A campaign's id.")


class IssueMergeSent(Body):
    """Where it goes on."""
    into: Phrase = Field(description="The id of an open issue about the same campaign, of the same owner.")


class IssueLinkSent(Body):
    """What it has to do with."""
    issue: Phrase = Field(description="The id of an issue that the caller may see.")


class IssuePartSent(Body):
    """A part for another owner."""
    to: DeskSent
    title: Phrase
    description: Text


class IssuePersonSent(Body):
    """Who is first contact from now on."""
    person: Phrase = Field(description="A mail address in the raising unit.")


class IssueJoinSent(Body):
    """Further complaints of the unit that raised it."""
    complaint_count: int = Field(ge=1, le=1_000_000_000)
    text: Text = ""


class IssueWarningSent(Body):
    """What others should look for, and until when."""
    words: Paragraph
    due: date
