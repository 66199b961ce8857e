# shellcheck shell=bash disable=SC2034,SC2154 # what it sets and reads is target.sh's
# The stacks beside that of the API: the watch, by infra/watch.yaml, and the firewall, by infra/firewall.yaml. Each is
# named like the API's, with the name of its file. Sourced, not run.
readonly BESIDE=(firewall watch)

beside_status() { # beside_status KIND: nothing when there is no such stack
  local stack=$stack-$1
  stack_status
}

deploy_beside() { # deploy_beside KIND: after the stack of the API, because it is given the names of what is there
  local found each given=("ApiStack=$stack")
  found=$(cloudformation list-stack-resources --query \
    'StackResourceSummaries[].[LogicalResourceId, ResourceType, PhysicalResourceId]' |
    python3 "$root/tools/deployment.py" beside "$1" "$config")
  while read -r each; do given+=("$each"); done <<<"$found"
  aws cloudformation deploy --stack-name "$stack-$1" --template-file "infra/$1.yaml" --no-fail-on-empty-changeset \
    --parameter-overrides "${given[@]}"
  case $1 in
    watch) echo "watch     $(beside_output watch DashboardUrl)" ;;
    firewall) echo "firewall  $(beside_output firewall WebAclArn)" ;;
  esac
}

beside_output() { # beside_output KIND NAME
  local stack=$stack-$1
  cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
}

say_beside() { # say_beside KIND: what goes with the stack
  case $1 in
    watch) echo "deletes  the stack $stack-watch, with its alarms and its dashboard" ;;
    firewall) echo "deletes  the stack $stack-firewall, with its web ACL and its logs" ;;
  esac
}
