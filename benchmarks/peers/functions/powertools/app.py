"""Powertools for AWS Lambda: resolver, logger, tracer and metrics, as its own examples put them together."""
# mypy: ignore-errors

import rules
import store
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="Users")
app = APIGatewayRestResolver()


@app.get("/users/<user_id>")
@tracer.capture_method
def get_user(user_id):
    user = store.get(user_id) if rules.USER_ID.fullmatch(user_id) else None
    if user is None:
        raise NotFoundError("no such user")
    metrics.add_metric(name="UserRead", unit=MetricUnit.Count, value=1)
    return user


@app.post("/users")
@tracer.capture_method
def create_user():
    try:
        user = store.create(rules.checked(app.current_event.json_body))
    except ValueError as error:
        raise BadRequestError(str(error)) from error
    except store.EmailInUse:
        return Response(409, content_types.APPLICATION_JSON, '{"error": "email in use"}')
    metrics.add_metric(name="UserCreated", unit=MetricUnit.Count, value=1)
    logger.info("user created", user_id=user["userId"])
    return user, 201


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event, context):
    return app.resolve(event, context)
