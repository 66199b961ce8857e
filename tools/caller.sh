# shellcheck shell=bash disable=SC2034,SC2154 # what it sets is for others, what it reads is target.sh's
# The caller of AWS, and the reason if AWS does not name it. Sourced by target.sh, not run.

who='' why=''

know_caller() { # set who; without an answer status 1, and why says what to do
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_STS_REGIONAL_ENDPOINTS=regional
  who=$(caller 2>/dev/null) && return
  why=$(why_unknown "$(caller 2>&1 || true)")
  return 1
}

caller() { aws sts get-caller-identity --query Arn --output text --cli-connect-timeout 5 "$@"; }

why_unknown() { # why_unknown MESSAGE: what to do about what the AWS CLI said
  case $1 in
    '' | *'locate credentials'* | *'config profile'*)
      echo 'AWS credentials are missing or expired: sign in (aws sso login, aws configure) or set AWS_PROFILE' ;;
    *[Ee]xpired*) echo 'your AWS credentials have expired: sign in again (aws sso login), or get new ones' ;;
    *InvalidClientTokenId* | *UnrecognizedClient* | *SignatureDoesNotMatch*)
      echo "AWS rejects these credentials: they are wrong or deleted, or your account has not enabled $region" ;;
    *'supported format'*) echo "'$region' is not a region; an example is eu-west-1" ;;
    *) if ! out_of_reach "$1"; then
      echo "AWS did not return your identity: ${1##*$'\n'}"
    elif out_of_reach "$(caller --region us-east-1 2>&1 || true)"; then # the network, or only this region?
      echo 'AWS is out of reach: no network, or a proxy or firewall is in the way'
    else
      echo "'$region' is not a region, or it is out of reach; an example is eu-west-1"
    fi ;;
  esac
}

out_of_reach() { # out_of_reach MESSAGE: whether the AWS CLI reached nobody
  [[ "$1" =~ 'Could not connect'|[Tt]imeout|'timed out'|'proxy'|'SSL validation failed'|'Connection was closed' ]]
}
