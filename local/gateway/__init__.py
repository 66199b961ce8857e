"""API Gateway: from a request to a response, by the template."""
