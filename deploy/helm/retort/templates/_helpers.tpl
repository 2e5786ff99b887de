{{- define "retort.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "retort.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "retort.labels" -}}
{{ include "retort.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "retort.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "retort.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "retort.image" -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}

{{- define "retort.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "retort.arguments" -}}
{{- $v := .Values -}}
- serve
- --host=0.0.0.0
- --port={{ $v.server.port }}
{{- with $v.server.grpcPort }}
- --grpc-port={{ . | int }}
{{- end }}
- --queue={{ $v.server.queue }}
- --deadline-ms={{ $v.server.deadlineMs | int64 }}
- --drain-ms={{ mul $v.shutdown.drainSeconds 1000 }}
- --compare-eager={{ $v.server.compareEager }}
{{- with $v.server.models }}
- --models={{ join "," . }}
{{- end }}
{{- if ne $v.modelRepository.source "image" }}
- --repository=/models
{{- end }}
{{- with $v.server.workers }}
- --workers={{ . }}
{{- end }}
{{- if $v.apiKeys.existingSecret }}
- --api-keys=/etc/retort/api-keys
{{- end }}
{{- if $v.gpu.enabled }}
- --provider=cuda
{{- end }}
{{- range $v.server.extraArguments }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "retort.resources" -}}
{{- $resources := deepCopy .Values.resources -}}
{{- if .Values.gpu.enabled -}}
{{- $limits := default dict $resources.limits -}}
{{- $_ := set $limits "nvidia.com/gpu" 1 -}}
{{- $_ := set $resources "limits" $limits -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
