"""The mail of the emulated AWS: it takes letters to everyone, from the identities that the template is given.

On AWS, a person verifies an identity and asks for production access. Nothing leaves this machine, so
both are given here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local.stack.calls import post

IDENTITY = re.compile(r"arn:[a-z-]+:ses:[a-z0-9-]+:[0-9]{12}:identity/(.+)")
JSON = {"Content-Type": "application/json"}
PRODUCTION = {"ProductionAccessEnabled": True, "MailType": "TRANSACTIONAL", "WebsiteURL": "http://localhost"}


def allow_mail(endpoint: str, values: Mapping[str, Any]) -> None:
    """Verify each identity of SES that a parameter names. Raises CallError."""
    identities = [found[1] for value in values.values() if (found := IDENTITY.fullmatch(str(value)))]
    for identity in identities:
        post(f"{endpoint}/v2/email/identities", "ses", json.dumps({"EmailIdentity": identity}).encode(), JSON)
    if identities:
        post(f"{endpoint}/v2/email/account/details", "ses", json.dumps(PRODUCTION).encode(), JSON)
