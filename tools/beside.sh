# shellcheck shell=bash disable=SC2034,SC2154 # what it sets and reads is target.sh's
# The stacks beside that of the API: the watch, by infra/watch.yaml, the firewall, by infra/firewall.yaml, and the pages,
# by infra/console.yaml. Each is named like the API's, with the name of its file. Sourced, not run.
readonly BESIDE=(firewall watch console)
readonly pages_python=$root/.local/venv/bin/python # the definition and Swagger UI are read with it

beside_status() { # beside_status KIND: nothing when there is no such stack
  local stack=$stack-$1
  stack_status
}

check_beside() { # check_beside KIND: that it can be deployed
  [[ "$1" != console || -x "$pages_python" ]] || fail "the pages need some packages: python3 '$root/tools/install.py' run"
}

resources_of_api() {
  cloudformation list-stack-resources --query \
    'StackResourceSummaries[].[LogicalResourceId, ResourceType, PhysicalResourceId]'
}

deploy_beside() { # deploy_beside KIND: after the stack of the API, because it is given the names of what is there
  local resources found each given=("ApiStack=$stack")
  resources=$(resources_of_api)
  found=$(python3 "$root/tools/deployment.py" beside "$1" "$config" <<<"$resources")
  while read -r each; do given+=("$each"); done <<<"$found"
  aws cloudformation deploy --stack-name "$stack-$1" --template-file "infra/$1.yaml" --no-fail-on-empty-changeset \
    --parameter-overrides "${given[@]}"
  case $1 in
    watch) echo "watch     $(beside_output watch DashboardUrl)" ;;
    firewall) echo "firewall  $(beside_output firewall WebAclArn)" ;;
    console) upload_pages <<<"$resources"; say_pages ;;
  esac
}

plan_beside() { # plan_beside KIND: what a dry run says of it
  echo "deploy.sh: the stack $stack-$1 would be beside it, by infra/$1.yaml"
  [[ "$1" == console && -n "$(beside_status console)" ]] || return 0
  resources_of_api | upload_pages --dry-run
}

beside_output() { # beside_output KIND NAME
  local stack=$stack-$1
  cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
}

upload_pages() { # upload_pages [--dry-run] <RESOURCES: what has changed, since the last time
  local address bucket distribution
  address=$(beside_output console Address)
  bucket=$(beside_output console Bucket)
  distribution=$(beside_output console DistributionId)
  "$pages_python" -m tools.pages "$address" "$region" "$bucket" "$distribution" "$@"
}

say_pages() { # where they are, and what the sign-in must know for them
  local address known page missing=''
  address=$(beside_output console Address)
  echo "console   $address/console"
  echo "docs      $address/docs"
  [[ -n "$(cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='SignInUrl'].OutputValue")" ]] || return 0
  known=$(cloudformation describe-stacks --query "Stacks[0].Parameters[?ParameterKey=='SignInPages'].ParameterValue")
  for page in "$address/console" "$address/docs/oauth2-redirect.html"; do
    [[ ",$known," == *",$page,"* ]] || missing+=,$page
  done
  [[ -z "$missing" ]] || echo "sign-in   leads back to these pages after a deployment with SignInPages=$known$missing"
}

say_beside() { # say_beside KIND: what goes with the stack
  case $1 in
    watch) echo "deletes  the stack $stack-watch, with its alarms and its dashboard" ;;
    firewall) echo "deletes  the stack $stack-firewall, with its web ACL and its logs" ;;
    console) echo "deletes  the stack $stack-console, with its files and its address" ;;
  esac
}
