"""Stand-ins for Lambda and DynamoDB, and a function that runs between them."""
