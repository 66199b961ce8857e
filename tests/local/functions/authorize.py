"""A Lambda authorizer that does what the token says."""

calls = 0


def policy(effect, resource):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}],
    }


def lambda_handler(event, context):
    global calls
    calls += 1
    token = event.get("authorizationToken") or event["headers"]["Authorization"]
    arn = event["methodArn"]
    answers = {
        "allow": {"policyDocument": policy("Allow", arn)},
        "deny": {"policyDocument": policy("Deny", arn)},
        "elsewhere": {"policyDocument": policy("Allow", arn + "/other")},
        "no-policy": {},
        "nested": {"policyDocument": policy("Allow", arn), "context": {"a": {"b": 1}}},
        "key": {"policyDocument": policy("Allow", arn), "usageIdentifierKey": "value-of-the-first-key-0123456789"},
    }
    if token == "raise":
        raise ValueError("something else")
    if token not in answers:
        raise Exception("Unauthorized")
    seen = sorted(event)
    return {
        "principalId": "caller",
        "context": {
            "word": "w",
            "number": 7,
            "flag": True,
            "calls": calls,
            "seen": ",".join(seen),
            "kind": event["type"],
            "arn": arn,
        },
        **answers[token],
    }
