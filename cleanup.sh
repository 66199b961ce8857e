#!/usr/bin/env bash
# cleanup.sh [OPTION...] - remove a deployed users API from AWS.
#
#   -s, --stack NAME      the stack     (else STACK_NAME, else samconfig.toml).
#   -r, --region REGION   the region    (else AWS_REGION, AWS_DEFAULT_REGION, samconfig.toml, your AWS profile).
#   -c, --config NAME     the environment of samconfig.toml to read (default: default).
#   -y, --yes             do not ask.
#   -h, --help            this text.
#
# Lists what it deletes and what it keeps, empties the buckets, and deletes the stack, the code uploaded for it, and the
# stacks beside it (deploy.sh --watch, --firewall, --console).
# Resources that the template retains are kept, with their data. You can run it again at any time.
# Exit status: 0 deleted, or nothing was there; 1 failed, with a list of what is left; 2 wrong usage.
set -euo pipefail

# shellcheck source=tools/target.sh
source "$(dirname "$0")/tools/target.sh"
# shellcheck source=tools/beside.sh
source "$root/tools/beside.sh"
kept=''

resources() { cloudformation list-stack-resources --query "StackResourceSummaries[?$1].[$2]"; }

show_plan() {
  kept=$(aws cloudformation get-template --stack-name "$stack" --template-stage Processed --query TemplateBody \
    --output json | python3 "$root/tools/deployment.py" retained | tr '\n' ' ')
  resources "ResourceStatus!='DELETE_COMPLETE'" 'LogicalResourceId, ResourceType, PhysicalResourceId' |
    awk -v kept=" $kept" '{ print (index(kept, " " $1 " ") ? "keeps    " : "deletes  ") $0 }' | sort
}

confirm() {
  [[ -z "$quiet" ]] || return 0
  [[ -t 0 && -t 1 ]] || fail 'cannot ask without a terminal; use --yes' 2
  local answer
  read -rp "Remove $stack from $region? Type its name: " answer
  [[ "$answer" == "$stack" ]] || fail 'nothing was deleted'
}

empty_buckets() { # those of the stack that go
  local name bucket
  resources "ResourceType=='AWS::S3::Bucket' && ResourceStatus!='DELETE_COMPLETE'" \
    'LogicalResourceId, PhysicalResourceId' |
    while read -r name bucket; do [[ " $kept" == *" $name "* ]] || empty "$bucket" ''; done
}

delete_stack() { # by its id, under which it can still be described when it is gone
  local stack=$1 state
  cloudformation delete-stack
  for _ in {1..1800}; do
    state=$(stack_status)
    [[ "$state" == DELETE_IN_PROGRESS ]] || break
    sleep 1
  done
  [[ -n "$state" && "$state" != DELETE_COMPLETE ]] || return 0
  echo "not deleted ($state):"
  resources "ResourceStatus!='DELETE_COMPLETE'" 'LogicalResourceId, PhysicalResourceId, ResourceStatusReason'
  fail 'the stack could not be deleted; fix the problems above and run this again'
}

delete_beside() { # delete_beside KIND
  local stack=$stack-$1 kept=''
  empty_buckets
  delete_stack "$(cloudformation describe-stacks --query 'Stacks[0].StackId')"
}

main() {
  local there each found=()
  while (($#)); do read_option "$@"; shift "$taken"; done
  check_tools
  cd "$root"
  settle_target ''
  there=$(stack_status)
  for each in "${BESIDE[@]}"; do [[ -z "$(beside_status "$each")" ]] || found+=("$each"); done
  [[ -z "$there" ]] || show_plan
  for each in ${found[@]+"${found[@]}"}; do say_beside "$each"; done
  [[ -z "$there${found[*]-}" ]] || confirm
  for each in ${found[@]+"${found[@]}"}; do delete_beside "$each"; done
  if [[ -n "$there" ]]; then
    empty_buckets
    delete_stack "$(cloudformation describe-stacks --query 'Stacks[0].StackId')"
  else
    echo "there is no stack $stack in $region"
  fi
  remove_uploads
  [[ -z "$bucket" ]] || echo "keeps    the bucket $bucket, which the SAM CLI shares between stacks"
  [[ -z "$(gateway_logs)" ]] || echo "keeps    the stack $LOGS, which API Gateway needs for the logs of all APIs"
  echo 'cleanup.sh: done'
}

main "$@"
