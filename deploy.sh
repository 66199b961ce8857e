#!/usr/bin/env bash
# deploy.sh [OPTION...] [-- SAM OPTION...] - build the users API and deploy it to AWS.
#
#   -s, --stack NAME      the stack     (else STACK_NAME, else samconfig.toml).
#   -r, --region REGION   the region    (else AWS_REGION, AWS_DEFAULT_REGION, samconfig.toml, your AWS profile).
#   -c, --config NAME     the environment of samconfig.toml to read (default: default).
#   -y, --yes             ask nothing; also when CI is set and when there is no terminal.
#   -w, --watch           watch it too: alarms and a dashboard in the stack NAME-watch (docs/how-to/watch.md).
#   -f, --firewall        put AWS WAF before it: the stack NAME-firewall (docs/how-to/protect-the-edge.md).
#       --console         put the console and the documentation on AWS: the stack NAME-console (docs/how-to/console.md).
#   -n, --dry-run         show what would change, and change nothing; without an account or a network, check the
#                         template and show what it would make.
#   -h, --help            this text.
#
# In a terminal it asks for every setting and offers to save them in samconfig.toml. If that file is there, it
# shows what will change and asks once. Options after -- go to `sam deploy`:
#   ./deploy.sh -y -s users-api -r eu-west-1 -- --parameter-overrides Environment=prod
# Exit status: 0 deployed, or nothing to change; 1 failed; 2 wrong usage.
set -euo pipefail

# shellcheck source=tools/target.sh
source "$(dirname "$0")/tools/target.sh"
# shellcheck source=tools/plan.sh
source "$root/tools/plan.sh"
# shellcheck source=tools/beside.sh
source "$root/tools/beside.sh"
dry='' beside=() more=() before=''

read_arguments() {
  while (($#)); do
    case $1 in
      -n | --dry-run) dry=1 quiet=1; shift ;;
      -w | --watch) beside+=(watch); shift ;;
      -f | --firewall) beside+=(firewall); shift ;;
      --console) beside+=(console); shift ;;
      --) more=("${@:2}"); return ;;
      *) read_option "$@"; shift "$taken" ;;
    esac
  done
}

let_gateway_log() { # AWS refuses an API that writes an access log until its account has a role for that
  [[ "$(aws apigateway get-account --query cloudwatchRoleArn --output text)" == None ]] || return 0
  echo "deploy.sh: API Gateway cannot write logs in $region yet." \
    "The stack $LOGS gives it a role, for all APIs in the region"
  [[ -n "$dry" ]] || aws cloudformation deploy --stack-name "$LOGS" --template-file infra/account.yaml \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset
}

deploy() {
  local options=(--stack-name "${stack:-users-api}" --no-fail-on-empty-changeset
    --language-extensions # the SAM CLI reads a template with Fn::ForEach only when told to
    --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND) # roles, and a transform besides SAM's own
  [[ "$config" == default ]] || options+=(--config-env "$config")
  if [[ -z "$quiet" && ! -e samconfig.toml ]]; then
    options+=(--guided)
  else
    [[ -n "$(setting s3_bucket)" ]] || options+=(--resolve-s3)
    options+=(--s3-prefix "$stack" "--${quiet:+no-}confirm-changeset")
  fi
  [[ -z "$dry" ]] || options+=(--no-execute-changeset)
  SAM_CLI_TELEMETRY=0 sam deploy "${options[@]}" ${more[@]+"${more[@]}"}
}

learn_target() { # what was answered, if the answers were kept
  [[ -n "$quiet" || ! -e samconfig.toml ]] || stack=$(setting stack_name) region=$(setting region)
}

say_what_next() {
  [[ -n "$stack" ]] || return 0 # deployed by answers that were not kept: the outputs stand above
  local endpoint key
  read -r endpoint key < <(cloudformation describe-stacks --query "Stacks[0].Outputs[].[OutputKey, OutputValue]" |
    awk '$1 == "ApiEndpoint" { endpoint = $2 } $1 == "ApiKeyId" { key = $2 } END { print endpoint, key }')
  echo "endpoint  $endpoint"
  if [[ -z "$key" ]]; then echo "try it    ./test-api.sh $endpoint"; return; fi
  key="aws apigateway get-api-key --region $region --api-key $key --include-value --query value --output text"
  printf 'API key   %s\ntry it    ./test-api.sh %s "%s"\n' "$key" "$endpoint" "\$($key)"
}

main() {
  local each
  read_arguments "$@"
  check_tools
  for each in ${beside[@]+"${beside[@]}"}; do check_beside "$each"; done
  cd "$root"
  [[ -z "$quiet${CI:-}" && -t 0 && -t 1 ]] || quiet=1
  if [[ -n "$dry" ]] && cannot_compare; then plan "$config" ${more[@]+"${more[@]}"}; return; fi
  if [[ -n "$quiet" ]]; then settle_target ''; else settle_target open; fi
  build ${more[@]+"${more[@]}"}
  let_gateway_log
  if [[ -z "$dry" ]]; then
    deploy
    learn_target
    for each in ${beside[@]+"${beside[@]}"}; do [[ -z "$stack" ]] || deploy_beside "$each"; done
    say_what_next
    return
  fi
  for each in ${beside[@]+"${beside[@]}"}; do plan_beside "$each"; done
  before=$(changesets)
  trap undo_dry_run EXIT
  deploy
}

main "$@"
