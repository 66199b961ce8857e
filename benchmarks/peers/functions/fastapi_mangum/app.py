"""FastAPI behind Mangum: one application, its routes, its pydantic model.

The email is checked by the rules the other peers use: pydantic's EmailStr would load email-validator and dnspython.
"""
# mypy: ignore-errors

from typing import Annotated

import rules
import store
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

app = FastAPI()


class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, AfterValidator(rules.name)]
    email: Annotated[str, AfterValidator(rules.email)]
    age: Annotated[int, Field(ge=1, le=150)] | None = None


@app.get("/users/{user_id}")
def get_user(user_id: str):
    user = store.get(user_id) if rules.USER_ID.fullmatch(user_id) else None
    if user is None:
        raise HTTPException(404, "no such user")
    return user


@app.post("/users", status_code=201)
def create_user(body: NewUser):
    try:
        return store.create(body.model_dump(exclude_none=True))
    except store.EmailInUse as error:
        raise HTTPException(409, "email in use") from error


lambda_handler = Mangum(app, lifespan="off")
