"""The tables of the emulated DynamoDB: made durable, read in order, restored to a moment."""
