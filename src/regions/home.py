"""The home Region: the one that takes the writes of a service whose tables are in two Regions.

One item of the table of claims names it, so that a command changes it at once and without a deployment:

    key "home-region" | region: the home Region, or "none" while it moves

It is replicated as all items are, and the last writer wins. A Region that was lost learns from the item that it is not
home any more. Where there is no item yet, the parameter RegionRole decides.
"""

from __future__ import annotations

from dynamodb.values import to_item
from regions.errors import NotHome
from users.reading import available

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.reading import Call
    from users.user import Item

KEY = "home-region"
NOBODY = "none"  # the value of `region` while no Region takes writes
STANDBY = "standby"  # the role of a Region that takes no writes; with any other, it does


class Home:
    """Whether this Region takes writes. `role` is that of the deployment, `here` the name of the Region."""

    def __init__(self, call: Call, keys_table: str, *, here: str, role: str) -> None:
        self._call = available(call)
        self._keys = keys_table
        self._here, self._role = here, role

    def is_here(self) -> bool:
        """Whether this is the home Region, as this Region knows it now."""
        request = {"TableName": self._keys, "Key": to_item({"key": KEY}), "ConsistentRead": True}
        return is_home(self._call("GetItem", request).get("Item"), self._here, self._role)

    def check(self) -> None:
        """Raises NotHome anywhere else."""
        if not self.is_here():
            raise NotHome


def is_home(item: Item | None, here: str, role: str) -> bool:
    """Whether a Region is home by the item that it has, and without one by its role."""
    return item["region"]["S"] == here if item else role != STANDBY
