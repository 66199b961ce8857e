"""Cannot be imported."""

import a_module_that_is_not_there  # type: ignore[import-not-found]  # noqa: F401
