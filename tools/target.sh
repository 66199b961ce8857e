# shellcheck shell=bash disable=SC2034 # what it sets is for the scripts that source it
# deploy.sh and cleanup.sh share this: the stack, the region, the caller and the tools. Sourced, not run.

unset CDPATH PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONOPTIMIZE PYTHONINSPECT # the developer's: see tools/isolation.py
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
set -E; trap 'exit 1' ERR # the AWS CLI has its own statuses
# shellcheck source=tools/caller.sh
source "$root/tools/caller.sh"
readonly LOGS=api-gateway-logs
stack='' region='' config=default quiet='' taken=0 bucket=''

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
fail() { echo "${0##*/}: $1" >&2; exit "${2:-1}"; }
setting() { python3 "$root/tools/deployment.py" setting "$1" "$config"; }
cloudformation() { aws cloudformation "$1" --stack-name "$stack" --output text "${@:2}"; }

read_option() { # read_option ARGUMENT...: read the first one; taken is the number of arguments that it was
  taken=1
  case $1 in
    -y | --yes) quiet=1 ;;
    -h | --help) usage; exit 0 ;;
    -s | --stack | -r | --region | -c | --config)
      [[ -n "${2:-}" ]] || fail "$1 needs a value" 2
      case $1 in -s | --stack) stack=$2 ;; -r | --region) region=$2 ;; *) config=$2 ;; esac
      taken=2 ;;
    *) usage >&2; fail "unknown option '$1'" 2 ;;
  esac
}

build() { # build [SAM OPTION...]: what is deployed; the layer of pictures only if they are on
  local pictures replica
  pictures=$(python3 "$root/tools/deployment.py" parameter Pictures "$config" "$@")
  replica=$(python3 "$root/tools/deployment.py" parameter UsersTable "$config" "$@")
  if [[ "$pictures" == true ]]; then set -- --pictures; else set --; fi
  [[ -z "$replica" ]] || set -- "$@" --second-region # the tables are there: docs/how-to/run-in-two-regions.md
  python3 "$root/tools/artifact.py" "$@"
}

check_tools() { # those that the project installs come first
  python3 -c 'import tomllib' 2>/dev/null || fail 'python3 is missing or too old: install Python 3.11 or newer'
  PATH="$root/.local/sam/bin:$PATH"
  { command -v sam && command -v aws; } >/dev/null ||
    fail "the SAM CLI or the AWS CLI is missing; install both with: python3 '$root/tools/install.py' sam"
}

choose_region() { # by flag, else environment, else samconfig.toml, else the profile
  [[ -n "$region" ]] || region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(setting region)}}
  [[ -n "$region" ]] || region=$(aws configure get region || true)
}

settle_target() { # settle_target OPEN: by flag, else environment, else samconfig.toml; OPEN: else ask, the stack later
  [[ -n "$stack" ]] || stack=${STACK_NAME:-$(setting stack_name)}
  choose_region
  [[ -n "$stack" || -n "$1" ]] || fail 'which stack? Give --stack NAME or set STACK_NAME' 2
  [[ -n "$region" || -z "$1" ]] || read -rp 'AWS region, for example eu-west-1: ' region # sam would ask too late
  [[ -n "$region" ]] || fail 'which region? Give --region REGION or set AWS_REGION' 2
  know_caller || fail "$why"
  echo "${0##*/}: ${stack:-a new stack} in $region, as $who"
}

stack_status() { # nothing when there is no such stack
  local answer
  if answer=$(cloudformation describe-stacks --query 'Stacks[0].StackStatus' 2>&1); then echo "$answer"; return; fi
  [[ "$answer" == *'does not exist'* ]] || fail "$answer"
}

empty() { # empty BUCKET PREFIX: remove every version of every object
  local batch all='{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}'
  for _ in {1..10000}; do
    batch=$(aws s3api list-object-versions --bucket "$1" --prefix "$2" --max-items 500 --output json --query "$all")
    [[ "$batch" == *'"Key"'* ]] || return 0
    aws s3api delete-objects --bucket "$1" --delete "$batch" >/dev/null
  done
  fail "the bucket $1 could not be emptied"
}

gateway_logs() { # the state of the stack of infra/account.yaml, which all APIs of the account and region share
  local stack=$LOGS
  stack_status
}

upload_bucket() { # where the SAM CLI uploads to: a bucket of samconfig.toml, else that of the SAM CLI's own stack
  local stack=aws-sam-cli-managed-default bucket
  bucket=$(setting s3_bucket)
  if [[ -n "$bucket" || -z "$(stack_status)" ]]; then echo "$bucket"; return; fi
  cloudformation describe-stacks --query "Stacks[0].Outputs[?OutputKey=='SourceBucket'].OutputValue | [0]"
}

remove_uploads() { # the code and the templates that were uploaded for this stack
  bucket=$(upload_bucket)
  [[ -z "$bucket" ]] || empty "$bucket" "$stack/"
}
