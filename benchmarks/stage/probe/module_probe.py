"""A handler around a handler: the answer also lists the modules that are loaded. For counting, never for timing."""
# mypy: ignore-errors

import os
import sys

probed_by = {"module_probe", "patient_probe"}
if os.path.exists(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "dynamodb", "connection.py")):
    from patient_probe import lambda_handler as probed
else:
    import importlib

    module, _, name = os.environ["PROBED_HANDLER"].rpartition(".")
    probed = getattr(importlib.import_module(module), name)


def lambda_handler(event, context):
    answer = dict(probed(event, context))
    answer["modules"] = sorted(set(sys.modules) - probed_by)
    return answer
