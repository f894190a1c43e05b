{{/* The plain variables of one process, as JSON. Takes (dict "root" $ "service" … "settings" … "drain" … "facts" … ["pool" …]). */}}
{{- define "switchyard.environment" -}}
{{- $values := .root.Values }}
{{- $fullname := include "switchyard.fullname" .root }}
{{- $own := dict "DRAIN_TIMEOUT_MS" (mul .drain 1000) "SWITCHYARD_CONFIG" "/etc/switchyard/switchyard.yaml" "SWITCHYARD_PRICES" "/etc/switchyard/prices.json" }}
{{- $_ := set $own "AWS_REGION" $values.dynamodb.region }}
{{- $_ := set $own "DYNAMODB_TABLE" $values.dynamodb.table }}
{{- with $values.dynamodb.endpoint }}{{ $_ := set $own "DYNAMODB_ENDPOINT" . }}{{ end }}
{{- if $values.dynamodb.createTable }}{{ $_ := set $own "DYNAMODB_CREATE_TABLE" true }}{{ end }}
{{- if $values.redis.trial.enabled }}{{ $_ := set $own "REDIS_URL" (printf "redis://%s-redis:6379" $fullname) }}{{ end }}
{{- with $values.tracing.endpoint }}{{ $_ := set $own "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end }}
{{- if eq .service "ingest" }}{{ $_ := set $own "CLASSIFIER_URL" (printf "http://%s-classifier:9464" $fullname) }}{{ end }}
{{- if eq .service "invoker" }}
{{- with .pool.models }}{{ $_ := set $own "INVOKER_MODELS" (join "," .) }}{{ end }}
{{- with .settings.concurrency }}{{ $_ := set $own "INVOKER_CONCURRENCY" (int .) }}{{ end }}
{{- range include "switchyard.providersOf" . | fromJsonArray }}{{ $own = mergeOverwrite $own (deepCopy ((index $values.providers .).environment | default dict)) }}{{ end }}
{{- if $values.simulator.enabled }}{{ $_ := set $own "SIMULATOR_URL" (printf "http://%s-simulator:4010" $fullname) }}{{ end }}
{{- end }}
{{- with .facts.activeProviders }}{{ $_ := set $own "ACTIVE_PROVIDERS" (join "," .) }}{{ end }}
{{- mergeOverwrite $own (deepCopy $values.environment) (deepCopy .settings.environment) | toJson }}
{{- end }}

{{/* The ids of those in `providers` that a pool calls, so that it holds no key of another one, nor waits for its Secret. Takes
     (dict "root" $ "facts" … "pool" …). */}}
{{- define "switchyard.providersOf" -}}
{{- $called := list }}
{{- range .pool.serves }}{{ $called = append $called (index $.facts.models .).provider }}{{ end }}
{{- $ids := list }}
{{- range $id, $provider := .root.Values.providers }}{{- if and $provider (has $id $called) }}{{ $ids = append $ids $id }}{{ end }}{{- end }}
{{- toJson $ids }}
{{- end }}

{{/* What the AWS client reads: { variable: key in aws.existingSecret }, as JSON. */}}
{{- define "switchyard.awsKeys" -}}
{{- $keys := dict "AWS_ACCESS_KEY_ID" .Values.aws.accessKeyIdKey "AWS_SECRET_ACCESS_KEY" .Values.aws.secretAccessKeyKey }}
{{- with .Values.aws.sessionTokenKey }}{{ $_ := set $keys "AWS_SESSION_TOKEN" . }}{{ end }}
{{- toJson $keys }}
{{- end }}

{{/* Variables from Secrets: { variable: [Secret, key] }, as JSON. Takes what the plain ones do. */}}
{{- define "switchyard.secretEnvironment" -}}
{{- $values := .root.Values }}
{{- $own := dict }}
{{- if not $values.redis.trial.enabled }}{{ $_ := set $own "REDIS_URL" (list $values.redis.existingSecret $values.redis.urlKey) }}{{ end }}
{{- if $values.aws.existingSecret }}
{{- range $name, $key := include "switchyard.awsKeys" .root | fromJson }}{{ $_ := set $own $name (list $values.aws.existingSecret $key) }}{{ end }}
{{- end }}
{{- if eq .service "ingest" }}{{ $_ := set $own "API_KEY_PEPPER" (list $values.apiKeys.existingSecret $values.apiKeys.pepperKey) }}{{ end }}
{{- if eq .service "invoker" }}
{{- range include "switchyard.providersOf" . | fromJsonArray }}
{{- $provider := index $values.providers . }}
{{- range $name, $key := ($provider.env | default dict) }}{{ $_ := set $own $name (list $provider.existingSecret $key) }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $own }}
{{- end }}

{{/* Changes when one of the Secrets does, so that `helm upgrade` restarts what read it. Their content is in no hash: only
     the cluster's own version of each, where helm may look them up. Takes what secretEnvironment gave, and "root". */}}
{{- define "switchyard.secretsChecksum" -}}
{{- $seen := dict }}
{{- range $name, $place := .secrets }}
{{- $secret := lookup "v1" "Secret" $.root.Release.Namespace (first $place) | default dict }}
{{- $_ := set $seen $name (list $place (dig "metadata" "resourceVersion" "" $secret)) }}
{{- end }}
{{- toJson $seen | sha256sum }}
{{- end }}
