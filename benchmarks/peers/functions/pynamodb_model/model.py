"""Users as PynamoDB models."""
# mypy: ignore-errors

import os

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class User(Model):
    class Meta:
        table_name = os.environ["USERS_TABLE"]
        region = os.environ["AWS_REGION"]
        host = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")

    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    name = UnicodeAttribute()
    email = UnicodeAttribute()
    age = NumberAttribute(null=True)
    created_at = UnicodeAttribute(attr_name="createdAt")
    updated_at = UnicodeAttribute(attr_name="updatedAt")
    version = NumberAttribute(default=1)
    last_write = UnicodeAttribute(attr_name="lastWrite", null=True)


class Claim(Model):
    class Meta:
        table_name = os.environ["USER_KEYS_TABLE"]
        region = os.environ["AWS_REGION"]
        host = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")

    key = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(attr_name="userId")


def public(user):
    found = {
        "userId": user.user_id,
        "name": user.name,
        "email": user.email,
        "age": user.age,
        "createdAt": user.created_at,
        "updatedAt": user.updated_at,
    }
    return {member: value for member, value in found.items() if value is not None}
