# shellcheck shell=bash disable=SC2154 # what it reads is target.sh's
# The watch over a stack, by infra/watch.yaml: a stack named like the other one, with -watch. Sourced, not run.

watch_status() { # nothing when there is no such stack
  local stack=$stack-watch
  stack_status
}

deploy_watch() { # after the stack that it watches, because it is given the names of what is there
  local found each given=("ApiStack=$stack")
  found=$(cloudformation list-stack-resources --query \
    'StackResourceSummaries[].[LogicalResourceId, ResourceType, PhysicalResourceId]' |
    python3 "$root/tools/deployment.py" watched "$config")
  while read -r each; do given+=("$each"); done <<<"$found"
  aws cloudformation deploy --stack-name "$stack-watch" --template-file infra/watch.yaml --no-fail-on-empty-changeset \
    --parameter-overrides "${given[@]}"
  echo "watch     $(watch_url)"
}

watch_url() { # of the dashboard
  local stack=$stack-watch
  cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='DashboardUrl'].OutputValue"
}
