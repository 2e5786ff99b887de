#!/usr/bin/env bash
# Checks the manifests that are applied as they are, KServe's by its own schema, and that a misspelt field is refused.
# Needs kubectl-validate; KUBECTL_VALIDATE names it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The newest whose schemas kubectl-validate has within.
validate() { "${KUBECTL_VALIDATE:-kubectl-validate}" --version 1.30 --local-crds kserve/crds "$@"; }
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

report() {
  if [ "$1" -eq 0 ]; then echo "ok      $2"; else echo "FAILED  $2"; failed=1; fi
}

for manifest in bulk/*.yaml kserve/*.yaml; do
  validate "$manifest" >"$scratch/log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || cat "$scratch/log"
  report "$status" "is valid: $manifest"

  # The last key of the manifest, so that one deep within is misspelt.
  sed -E '$ s/([a-z])([A-Za-z]*):/\1x\2:/' "$manifest" >"$scratch/misspelt.yaml"
  ! validate "$scratch/misspelt.yaml" >"$scratch/log" 2>&1 && grep -q 'unknown field' "$scratch/log"
  report $? "is refused with a field misspelt: $manifest"
done
exit "$failed"
