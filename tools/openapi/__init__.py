"""Generates api-gateway.yaml, the definition that API Gateway imports, from openapi.yaml, the contract."""
