"""The template after SAM, as cfn-lint can judge it."""

import json
from pathlib import Path
from typing import Any

# SAM itself reads these parameters, and leaves no reference to them.
READ_BY_SAM = ("TrafficShift",)


def write_transformed(path: Path, transformed: dict[str, Any]) -> Path:
    """Write the transformed template as JSON, without the parameters that SAM has used up."""
    parameters = {name: value for name, value in transformed["Parameters"].items() if name not in READ_BY_SAM}
    path.write_text(json.dumps({**transformed, "Parameters": parameters}))
    return path
