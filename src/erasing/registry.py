"""Everything in the template that keeps something, and what becomes of a person there. A test compares the two.

To add a place: a class with `find` and `remove` (erasing.items, erasing.outside), a line in `erasing.wiring`, and its
resources here. A resource that a test does not find here fails it.
"""

from __future__ import annotations

# The places that an erasure empties, by their names in the receipt, with the resources that have them.
EMPTIED: dict[str, tuple[str, ...]] = {
    "identity": ("UserPool",),
    "record": ("UsersTable",),
    "claims": ("UserKeysTable",),
    "letters": ("MailTable",),
    "suppression": ("MailTable",),
    "webhookDeliveries": ("WebhookDeliveriesTable",),
    "connections": ("LiveTable",),
    "pictureFiles": ("PicturesBucket",),
    "pictureRecord": ("PicturesTable",),
    "searchIndex": ("UserSearchTable",),
}
# These go by themselves; the names are those in the receipt. The setting ERASURE_DAYS has the days for each name.
FORGETTING: dict[str, tuple[str, ...]] = {
    "eventArchive": ("EventArchive",),
    "tombstones": ("UserKeysTable",),
    "deletionNotices": ("WebhookDeliveriesTable",),
    "liveMessages": ("LiveTable",),
    "olderSuppressions": ("MailTable",),
    "searchTombstones": ("UserSearchTable",),
    "transferFiles": ("BulkBucket",),
    "transferJobs": ("BulkTable",),
}
# The same for what the template has many of: all of a type. The test compares the retention of each.
FORGETTING_TYPES: dict[str, str] = {
    "queues": "AWS::SQS::Queue",
    "failureQueues": "AWS::SQS::Queue",
    "logs": "AWS::Logs::LogGroup",
    "streams": "AWS::DynamoDB::Table",
    "backups": "AWS::DynamoDB::Table",
}
# These stay; the names are those in the receipt, each with its reason.
KEPT: dict[str, tuple[str, tuple[str, ...]]] = {
    "auditTrail": ("ids, times and digests, which prove the order of all changes", ("AuditTable",)),
    "receipt": ("ids, digests, counts and times, for three years, to show that this was done", ("ErasuresTable",)),
}
# These keep nothing about the users of the API, each with its reason.
IMPERSONAL: dict[str, str] = {
    "WebhooksTable": "URLs and secrets of receivers",
    "ImportMachine": "keys of objects and numbers; Step Functions forgets an execution after 90 days",
    "ExportMachine": "keys of objects and numbers; Step Functions forgets an execution after 90 days",
    "EventBus": "keeps nothing: it passes on",
    "MailConfiguration": "keeps nothing: it reports",
    "AuditKey": "a key",
}
