"""Every table of the desk."""

from storage.tables.api import ApiAnswer, ApiToken
from storage.tables.audit import AuditEvent
from storage.tables.base import Base, utcnow
from storage.tables.counts import Count
from storage.tables.jobs import Batch, BatchItem, BatchState, Job, JobAttempt, JobState, Pace
from storage.tables.people import Contact, Workspace
from storage.tables.tickets import (
    Message,
    Role,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    Visibility,
)
from storage.tables.triage import (
    Delivery,
    ModelCall,
    PromptActivation,
    PromptVersion,
    Reply,
    Result,
)
from storage.tables.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "AuditEvent",
    "Base",
    "Batch",
    "BatchItem",
    "BatchState",
    "Contact",
    "Count",
    "Delivery",
    "Job",
    "JobAttempt",
    "JobState",
    "Message",
    "ModelCall",
    "Pace",
    "PromptActivation",
    "PromptVersion",
    "Reply",
    "Result",
    "Role",
    "Status",
    "Ticket",
    "TicketPriority",
    "TriageStatus",
    "Visibility",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Workspace",
    "utcnow",
]
