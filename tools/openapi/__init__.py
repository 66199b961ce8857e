"""api-gateway.yaml, the definition that API Gateway imports, made from openapi.yaml, the contract."""
