"""DynamoDB calls and capacity units of each operation."""
