{{/* The start of every name; "-invoker-" and a slug of 30 must still fit into the 63 characters of a label. */}}
{{- define "switchyard.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- .Values.fullnameOverride | default $full | trunc 24 | trimSuffix "-" }}
{{- end }}

{{/* A name for ids that are none, such as those of Bedrock; queueSlug() in the code does the same. Takes the id. */}}
{{- define "switchyard.slug" -}}
{{- $slug := regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trimAll "-" }}
{{- if or (ne $slug .) (gt (len $slug) 30) }}
{{- $slug = printf "%s-%s" ($slug | trunc 21 | trimAll "-") (sha256sum . | trunc 8) | trimAll "-" }}
{{- end }}
{{- $slug }}
{{- end }}

{{/* What selects the pods of one component. Takes (dict "root" $ "component" … ["slug" …]). */}}
{{- define "switchyard.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- with .slug }}
switchyard.dev/pool: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "switchyard.labels" -}}
{{ include "switchyard.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The metadata of most objects. Takes (dict "root" $ "name" … "component" … ["annotations" …] ["more" labels]). */}}
{{- define "switchyard.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "switchyard.labels" . | nindent 2 }}
  {{- with .more }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "switchyard.image" -}}
{{ printf "%s/%s:%s" .root.Values.image.registry .image (.root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}

{{/* Takes (dict "root" $ "service" …). */}}
{{- define "switchyard.serviceAccountName" -}}
{{- $account := (index .root.Values .service).serviceAccount }}
{{- $account.name | default (printf "%s-%s" (include "switchyard.fullname" .root) .service) }}
{{- end }}

{{/* What all pods have in common: nobody's root, no token. */}}
{{- define "switchyard.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 1000 }}
  runAsGroup: {{ .user | default 1000 }}
  fsGroup: {{ .user | default 1000 }}
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "switchyard.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}
