#!/usr/bin/env bash
# deploy.sh [OPTION...] [-- SAM OPTION...] - build the users API and deploy it to AWS.
#
#   -s, --stack NAME      the stack     (else STACK_NAME, else samconfig.toml)
#   -r, --region REGION   the region    (else AWS_REGION, AWS_DEFAULT_REGION, samconfig.toml, your AWS profile)
#   -c, --config NAME     the environment of samconfig.toml to read (default: default)
#   -y, --yes             ask nothing; also when CI is set and when there is no terminal
#   -n, --dry-run         show what would change, and change nothing
#   -h, --help            this text
#
# On a terminal it asks for every setting and offers to keep them in samconfig.toml; once that file is there, it
# shows what will change and asks once. What follows -- goes to `sam deploy`:
#   ./deploy.sh -y -s users-api -r eu-west-1 -- --parameter-overrides Environment=prod
# Exit status: 0 deployed, or nothing to change; 1 failed; 2 wrong usage.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stack='' region='' config=default quiet='' dry='' more=() before=''

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
fail() { echo "deploy.sh: $1" >&2; exit "${2:-1}"; }
setting() { python3 "$root/local/deployment.py" setting "$1" "$config"; }
cloudformation() { aws cloudformation "$1" --stack-name "$stack" --output text "${@:2}"; }
changesets() { cloudformation list-change-sets --query 'Summaries[].ChangeSetId' 2>/dev/null | tr '\t' '\n' || true; }

read_arguments() {
  while (($#)); do
    case $1 in
      -y | --yes) quiet=1 ;;
      -n | --dry-run) dry=1 quiet=1 ;;
      -h | --help) usage; exit 0 ;;
      --) more=("${@:2}"); break ;;
      -s | --stack | -r | --region | -c | --config)
        [[ -n "${2:-}" ]] || fail "$1 needs a value" 2
        case $1 in -s | --stack) stack=$2 ;; -r | --region) region=$2 ;; *) config=$2 ;; esac
        shift ;;
      *) usage >&2; fail "what is '$1'?" 2 ;;
    esac
    shift
  done
}

check_tools() {
  command -v python3 >/dev/null || fail 'python3 is missing: install Python 3.11 or newer'
  PATH="$root/.local/sam/bin:$PATH"
  { command -v sam && command -v aws; } >/dev/null ||
    fail "the SAM CLI or the AWS CLI is missing; this installs both, pinned: python3 '$root/local/install.py' sam"
}

settle_target() { # the stack, its region, and who deploys it
  [[ -z "${CI:-}" && -t 0 && -t 1 ]] || quiet=1
  [[ -n "$stack" ]] || stack=${STACK_NAME:-$(setting stack_name)}
  [[ -n "$region" ]] || region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(setting region)}}
  [[ -n "$region" ]] || region=$(aws configure get region || true)
  [[ -n "$stack" || -z "$quiet" ]] || fail 'which stack? Give --stack NAME or set STACK_NAME' 2
  [[ -n "$region" || -z "$quiet" ]] || fail 'which region? Give --region REGION or set AWS_REGION' 2
  local who
  who=$(aws sts get-caller-identity --region "${region:-us-east-1}" --query Arn --output text) ||
    fail 'AWS does not know you: sign in (aws sso login, aws configure) or set AWS_PROFILE'
  [[ -z "$region" ]] || export AWS_REGION=$region AWS_DEFAULT_REGION=$region
  echo "deploy.sh: ${stack:-a new stack} in ${region:-a region to choose}, as $who"
}

deploy() {
  local options=(--capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --stack-name "${stack:-users-api}")
  [[ "$config" == default ]] || options+=(--config-env "$config")
  [[ -z "$stack" ]] || options+=(--s3-prefix "$stack")
  if [[ -z "$quiet" && ! -e samconfig.toml ]]; then options+=(--guided); else
    [[ -n "$(setting s3_bucket)" ]] || options+=(--resolve-s3)
    if [[ -n "$quiet" ]]; then options+=(--no-confirm-changeset); else options+=(--confirm-changeset); fi
  fi
  [[ -z "$dry" ]] || options+=(--no-execute-changeset)
  SAM_CLI_TELEMETRY=0 sam deploy "${options[@]}" ${more[@]+"${more[@]}"}
}

undo_dry_run() { # remove the change set, and the empty stack that a first one brings with it
  local each
  for each in $(changesets); do
    [[ "$before" == *"$each"* ]] || aws cloudformation delete-change-set --change-set-name "$each"
  done
  [[ "$(stack_status)" != REVIEW_IN_PROGRESS || -n "$before" ]] || cloudformation delete-stack
}
stack_status() { cloudformation describe-stacks --query 'Stacks[0].StackStatus' 2>/dev/null || true; }
output() { cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]"; }

say_what_next() {
  [[ ! -e samconfig.toml || -n "$quiet" ]] || stack=$(setting stack_name) region=$(setting region)
  [[ -n "$stack" ]] || return 0 # deployed by questions and not kept: the outputs stand above
  local endpoint key
  endpoint=$(output ApiEndpoint) key=$(output ApiKeyId)
  echo "endpoint  $endpoint"
  if [[ "$key" == None ]]; then echo "try it    ./test-api.sh $endpoint"; return; fi
  key="aws apigateway get-api-key --region $region --api-key $key --include-value --query value --output text"
  printf 'API key   %s\ntry it    ./test-api.sh %s "%s"\n' "$key" "$endpoint" "\$($key)"
}

main() {
  read_arguments "$@"
  check_tools
  cd "$root"
  settle_target
  python3 local/artifact.py
  if [[ -z "$dry" ]]; then deploy; say_what_next; return; fi
  before=$(changesets)
  trap undo_dry_run EXIT
  deploy
}

main "$@"
