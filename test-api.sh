#!/usr/bin/env bash
# test-api.sh URL [API_KEY] - check that a running users API works as documented.
#
#   ./test-api.sh http://localhost:3000
#   ./test-api.sh https://abc123.execute-api.eu-west-1.amazonaws.com/Prod "$API_KEY"
#
# Creates a user with a unique email, reads, lists, changes and deletes it, and sends requests that must be
# rejected. Needs only curl. Deletes what it made, also when a check fails or it is interrupted.
# Exit status: 0 every check passed, 1 a check failed, 2 wrong usage.
set -euo pipefail

readonly UUID='[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
readonly TIME='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z'
: "${no_proxy:=${NO_PROXY:-}}" # curl's list of hosts that it reaches without a proxy: add this machine
[[ "$no_proxy" == '*' ]] || export no_proxy="localhost,127.0.0.1,::1,$no_proxy"
status='' headers='' body='' created='' pending='' gone='' posts=0 failed=0 stop=''
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
request() { # request METHOD PATH [CURL ARGUMENT...]: sets status (000: no answer), headers (lower case) and body
  : >"$folder/headers"; : >"$folder/body"
  status=$(curl -sS --connect-timeout 5 --max-time 30 -X "$1" -H @"$folder/key" -D "$folder/headers" -o "$folder/body" \
    -H 'Content-Type: application/json' -w '%{http_code}' "${@:3}" "$url$2" 2>"$folder/problem") || status=000
  headers=$(tr -d '\r' <"$folder/headers" | tr '[:upper:]' '[:lower:]')
  body=$(<"$folder/body"); body=${body//\": /\":}
}
create() { posts=$((posts + 1)) pending=$1; settle; } # create BODY: POST it; the cleanup removes the user
settle() { # send the pending POST under its key, so that a lost answer can be asked for again; note the user made
  request POST /users -H "Idempotency-Key: $run-$posts" --data-raw "$pending"
  [[ "$status" != 2* || "$body" != *'"userId":"'* ]] || created+="$(member userId) "
  [[ "$status" == 000 ]] || pending=''
}
member() { if [[ "$body" =~ \"$1\":\"([^\"]*)\" ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi; }
find_in_list() { # find_in_list ID: read pages until one holds the user, 100 at most
  request GET '/users?limit=100'
  for _ in {2..100}; do
    [[ "$body" != *"\"$1\""* && "$body" == *'"hasMore":true'* ]] || return 0
    request GET /users -G -d limit=100 --data-urlencode "lastKey=$(member lastKey)"
  done
}
check() { # check WHAT STATUS PATTERN...: the answer has this status, and each pattern is in its headers or body
  local pattern missing=''
  [[ -z "$stop" ]] || exit "$stop"
  for pattern in "${@:3}"; do [[ "$headers"$'\n'"$body" =~ $pattern ]] || missing+=" $pattern"; done
  if [[ "$status" =~ ^($2)$ && -z "$missing" ]]; then echo "ok    $1"; return; fi
  failed=$((failed + 1)); echo "FAIL  $1: expected $2${missing:+ with$missing}, got $status $body$(<"$folder/problem")"
}
refused() { # refused WHAT STATUS CODE PATTERN...: the answer is the problem of this code
  check "$1" "$2" "\"status\":${2}[,}]" "\"code\":\"$3\"" 'content-type: application/problem[+]json' '"error":"[^"]+"' \
    '"requestId":"[^"]+"' "${@:4}"
}
finish() { # remove the users that were made, whatever happened
  local result=$? id; trap - EXIT
  [[ -z "$pending" ]] || settle
  while read -rd ' ' id; do
    request DELETE "/users/$id"
    [[ "$status" != 200 && "$status$id" != "404$gone" ]] || continue
    echo "FAIL  user $id was not deleted: $status $body"; result=1
  done <<<"$created"
  rm -rf "$folder"; exit "$result"
}
prove() { # prove KEY: every check, in the order of a user's life
  local email="Test-Api.$run@example.com" id user
  request OPTIONS /users -H 'Origin: https://example.com' -H 'Access-Control-Request-Method: POST'
  [[ "$status" != 000 ]] || { cat "$folder/problem" >&2; exit 1; }
  check 'preflight works without a key' '200|204' 'access-control-allow-origin: [^ ]' \
    'access-control-allow-methods: .*post' 'access-control-allow-headers: .*content-type'
  [[ -z "$1" ]] || printf 'X-Api-Key: %s\n' "$1" >"$folder/key" # in a file: others can read arguments
  create "{\"name\":\"  Ada Lovelace \",\"email\":\"$email\",\"age\":36}"; id=$(member userId)
  user=("\"userId\":\"$id\"" "\"email\":\"${email//./[.]}\"" '"age":36[,}]' "\"createdAt\":\"$(member createdAt)\"" \
    "\"createdAt\":\"$TIME\"" "\"updatedAt\":\"$TIME\"")
  check 'create returns the user' 201 '"name":"Ada Lovelace"' "${user[@]}" "\"$UUID\"" "location: [^ ]*/users/$id"
  [[ -n "$id" ]] || { echo 'The other checks need a user, so they did not run.'; exit 1; }
  request GET "/users/$id"
  check 'get returns the user' 200 '"name":"Ada Lovelace"' "${user[@]}"
  find_in_list "$id"
  check 'list contains the user' 200 '"users":\[[{]' '"hasMore":(true|false)' "\"userId\":\"$id\"|\"hasMore\":true" \
    "\"count\":$(($(grep -o '"userId"' "$folder/body" | wc -l || true)))[,}]"
  create "{\"name\":\"Someone Else\",\"email\":\"$(tr '[:upper:]' '[:lower:]' <<<"$email")\"}"
  refused 'an email in use is rejected' 409 email_in_use
  create '{"name":"","email":"nobody","age":"30","role":"admin"}'
  refused 'all invalid fields are reported at once' 400 invalid_user '"/name"' '"/email"' '"/age"' '"/role"'
  create '{"name":'
  refused 'a body that is not JSON is rejected' 400 invalid_json
  request PUT "/users/$id" --data-raw '{"name":"Ada King"}'
  check 'update changes the sent fields and keeps the others' 200 '"name":"Ada King"' "${user[@]}"
  request GET "/users/$id"
  check 'get shows the change' 200 '"name":"Ada King"' "${user[@]}"
  request GET /users -G --data-urlencode "email=$(tr '[:upper:]' '[:lower:]' <<<"$email")"
  check 'the email finds the user, if search is on' '200|400' \
    "\"users\":[[][{].*\"userId\":\"$id\".*\"count\":1[,}]|\"code\":\"invalid_query\""
  request DELETE "/users/$id"; [[ "$status" != [02]* ]] || gone=$id
  check 'delete returns the id' 200 '"message":"[^"]+"' "\"userId\":\"$id\""
  request GET "/users/$id"
  refused 'get of a deleted user returns 404' 404 user_not_found
  request GET "/users/$id/audit"
  check 'the audit trail stays, if events are on' '200|404' \
    '"actor":[{].*"digest":"[0-9a-f]{64}"|"code":"(user|route)_not_found"'
  request GET /health
  check 'the health is ok, if it is on' '200|404' '"status":"ok".*"takesWrites":(true|false)|"code":"route_not_found"'
}
main() {
  [[ "${1:-}" != -h && "${1:-}" != --help ]] || { usage; exit 0; }
  [[ $# -ge 1 && $# -le 2 && "$1" =~ ^https?://[^/] ]] || { usage >&2; exit 2; }
  url=${1%/} run=$(date +%s)-$$-$RANDOM folder=$(mktemp -d)
  : >"$folder/key"; trap finish EXIT; trap 'stop=130' INT; trap 'stop=143' TERM HUP
  prove "${2:-}"
  ((failed == 0)) || { echo "$failed checks failed."; exit 1; }
  echo 'All checks passed.'
}

main "$@"
