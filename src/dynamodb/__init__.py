"""A small DynamoDB client: `client.from_environment(environ).call(operation, request, deadline)`."""
