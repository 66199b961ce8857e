# shellcheck shell=bash disable=SC2034,SC2154 # what it sets and reads is target.sh's
# A dry run without AWS: the template is checked, and what it would make is shown. Sourced by deploy.sh, not run.

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
