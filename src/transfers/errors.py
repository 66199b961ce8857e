"""The errors that a request about imports and exports can get.

AppError
├── BadRequest                 400
│   └── InvalidFields          400
│       ├── InvalidImport      400  invalid_import
│       └── InvalidExport      400  invalid_export
├── ImportNotFound             404  import_not_found
├── ExportNotFound             404  export_not_found
└── Conflict                   409
    └── TooManyExports         409  too_many_exports
"""

from __future__ import annotations

from transfers.model import MOST_EXPORTS
from utils.errors import AppError, Conflict, InvalidFields


class InvalidImport(InvalidFields):
    """Fields of the body break the rules of an import."""

    code = "invalid_import"
    title = "Invalid import"


class InvalidExport(InvalidFields):
    """Fields of the body break the rules of an export."""

    code = "invalid_export"
    title = "Invalid export"


class ImportNotFound(AppError):
    """No import has this id."""

    status = 404
    code = "import_not_found"
    title = "Import not found"
    detail = "There is no import with this id."


class ExportNotFound(AppError):
    """No export has this id."""

    status = 404
    code = "export_not_found"
    title = "Export not found"
    detail = "There is no export with this id."


class TooManyExports(Conflict):
    """As many exports run as may run at once."""

    code = "too_many_exports"
    title = "Too many exports"
    detail = f"{MOST_EXPORTS} exports are running. Start another one when one of them has ended."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})
