"""Lambda functions in this process: their code, their environments, their invocations."""
