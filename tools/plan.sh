# shellcheck shell=bash disable=SC2034,SC2154 # what it sets and reads is target.sh's
# The dry run: what it made is taken back; without AWS, the template is checked, and what it would make is shown. Sourced
# by deploy.sh, not run.

cannot_compare() { # whether nobody says what is deployed; why says what is missing
  choose_region
  [[ -n "$region" ]] || { why='no region is given (--region, AWS_REGION)'; return 0; }
  ! know_caller
}

plan() { # plan CONFIG [SAM OPTION...]: what a deployment would make, by the template alone
  local python=$root/.local/sam/bin/python
  [[ -x "$python" ]] || python=$root/.local/venv/bin/python
  [[ -x "$python" ]] || fail "$why; to see what would be made all the same: python3 tools/install.py sam"
  echo "deploy.sh: not compared with what is deployed: $why" >&2
  build "${@:2}"
  SAM_CLI_TELEMETRY=0 sam validate --lint --template template.yaml --region "${region:-us-east-1}"
  "$python" -m tools.plan "$@"
}

changesets() { cloudformation list-change-sets --query 'Summaries[].ChangeSetId' 2>/dev/null || true; }

undo_dry_run() { # remove the change set; when the stack is new, also its empty shell and what was uploaded for it
  local result=$? each
  for each in $(changesets); do
    [[ "$before" == *"$each"* ]] || aws cloudformation delete-change-set --change-set-name "$each"
  done
  if [[ -z "$before" && "$(stack_status)" == REVIEW_IN_PROGRESS ]]; then
    cloudformation delete-stack
    remove_uploads
  fi
  exit "$result"
}
