#!/usr/bin/env bash
# Renders the chart with every set of values, checks what comes out against Kubernetes' own schemas, and that values
# which contradict each other are refused with a message. Needs helm; kubectl-validate where it is there.
# HELM and KUBECTL_VALIDATE name them.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
helm=${HELM:-helm}
validate=${KUBECTL_VALIDATE:-kubectl-validate}
# The newest whose schemas kubectl-validate has within.
kube_version=1.30
failed=0
rendered=$(mktemp -d)
trap 'rm -rf "$rendered" "$rendered.log"' EXIT

render() { "$helm" template sentiment retort --kube-version "$kube_version.0" "$@"; }
report() {
  if [ "$1" -eq 0 ]; then echo "ok      $2"; else echo "FAILED  $2"; failed=1; fi
}

for values in '' values/*.yaml; do
  name=${values:-defaults}
  render ${values:+--values "$values"} >"$rendered/all.yaml"
  report $? "renders: $name"
  if command -v "$validate" >/dev/null; then
    # ServiceMonitor is the Prometheus operator's: its schema is not among Kubernetes' own.
    awk 'BEGIN { RS = "---\n" } NF && !/kind: ServiceMonitor/ { file = sprintf("%s/%d.yaml", dir, NR); print > file; close(file) }' \
      dir="$rendered" "$rendered/all.yaml"
    rm "$rendered/all.yaml"
    "$validate" --version "$kube_version" "$rendered" >"$rendered.log" 2>&1
    status=$?
    [ "$status" -eq 0 ] || cat "$rendered.log"
    report "$status" "is valid: $name"
  fi
  rm -f "$rendered"/*
done

# Each is refused, by a message that names what is wrong.
refused() {
  local message=$1 said
  shift
  if said=$(render "$@" 2>&1); then
    report 1 "refuses $*"
  else
    grep -qF "$message" <<<"$said"
    report $? "refuses $*"
  fi
}
refused 'would be killed while they drain' --set shutdown.terminationGracePeriodSeconds=10
refused 'would be cut off' --set server.deadlineMs=60000
refused 'leaves none' --set podDisruptionBudget.minAvailable=2
refused 'above maxReplicas' --set autoscaling.enabled=true,autoscaling.minReplicas=9,autoscaling.maxReplicas=3
refused 'there is none' --set autoscaling.enabled=true,autoscaling.minReplicas=2,resources.requests.cpu=null
refused 'name the claim' --set modelRepository.source=volume
refused 'would not be used' --set modelRepository.volume.claimName=models
refused 'name the image' --set modelRepository.source=initContainer
refused 'wants a key' --set serviceMonitor.enabled=true,apiKeys.existingSecret=keys
refused 'name its host' --set ingress.enabled=true
refused 'both 8080' --set server.grpcPort=8080
refused 'Set server.grpcPort' --set 'server.extraArguments={--grpc-port=8081}'
refused 'plain HTTP' --set 'server.extraArguments={--tls-cert,/tls/cert.pem,--tls-key,/tls/key.pem}'
refused 'ask nobody' --set 'server.extraArguments={--otlp=http://collector:4318}'
refused 'not allowed' --set unknown=1
refused 'minimum' --set server.port=80
refused 'maximum' --set server.queue=1000001
exit "$failed"
