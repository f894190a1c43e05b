{{/* Refuses what cannot work, all of it at once. Takes (dict "root" $ "facts" …). */}}
{{- define "switchyard.check" -}}
{{- $problems := concat (.facts.problems | default list) (include "switchyard.problems.secrets" . | fromJsonArray) (include "switchyard.problems.environment" . | fromJsonArray) (include "switchyard.problems.services" . | fromJsonArray) (include "switchyard.problems.objects" . | fromJsonArray) }}
{{- if $problems }}
{{- fail (printf "\n\nThese values cannot work:\n- %s\n" (join "\n- " $problems)) }}
{{- end }}
{{- end }}

{{/* Secrets and variables that nobody names. */}}
{{- define "switchyard.problems.secrets" -}}
{{- $values := .root.Values }}
{{- $problems := list }}
{{- if not (or $values.redis.trial.enabled $values.redis.existingSecret) }}
{{- $problems = append $problems "redis.existingSecret: name the Secret with the address of Redis, or set redis.trial.enabled" }}
{{- end }}
{{- if not $values.apiKeys.existingSecret }}
{{- $problems = append $problems "apiKeys.existingSecret: name the Secret with the pepper of API keys" }}
{{- end }}
{{- $catalogue := include "switchyard.catalogue" .root | fromJson }}
{{- range $id, $provider := $values.providers }}
{{- if not (kindIs "invalid" $provider) }}
{{- if and $provider.env (not $provider.existingSecret) }}
{{- $problems = append $problems (printf "providers.%s.existingSecret: name the Secret that %s is in" $id (keys $provider.env | sortAlpha | join ", ")) }}
{{- end }}
{{- $entry := index $catalogue.providers $id | default dict }}
{{- range $setting := list "api_key_env" "base_url_env" "region_env" }}
{{- with index $entry $setting }}
{{- $file := printf "%s_FILE" . }}
{{- $known := merge dict ($provider.env | default dict) ($provider.environment | default dict) $values.invoker.environment $values.environment }}
{{- if not (or (hasKey $known .) (hasKey $known $file) (and $values.simulator.enabled (eq . "SIMULATOR_URL"))) }}
{{- $problems = append $problems (printf "providers.%s: needs %s (%s of the catalogue); set it by env or environment" $id . $setting) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if $values.externalSecrets.enabled }}
{{- if not $values.externalSecrets.storeRef.name }}
{{- $problems = append $problems "externalSecrets.storeRef.name: name the SecretStore or ClusterSecretStore" }}
{{- end }}
{{- $wanted := list (list $values.apiKeys.existingSecret $values.apiKeys.pepperKey "apiKeys") }}
{{- if not $values.redis.trial.enabled }}{{ $wanted = append $wanted (list $values.redis.existingSecret $values.redis.urlKey "redis") }}{{ end }}
{{- range $id, $provider := $values.providers }}
{{- range $key := values (($provider | default dict).env | default dict) }}{{ $wanted = append $wanted (list $provider.existingSecret $key (printf "providers.%s" $id)) }}{{ end }}
{{- end }}
{{- if $values.aws.existingSecret }}
{{- range $key := values (include "switchyard.awsKeys" .root | fromJson) | sortAlpha }}{{ $wanted = append $wanted (list $values.aws.existingSecret $key "aws") }}{{ end }}
{{- end }}
{{- range $wanted }}
{{- $keys := index $values.externalSecrets.secrets (index . 0) }}
{{- if and $keys (not (hasKey $keys (index . 1))) }}
{{- $problems = append $problems (printf "externalSecrets.secrets.%s: lacks the key %s, which %s needs" (index . 0) (index . 1) (index . 2)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* Variables that have a value of their own, or are secrets: what follows from values would no longer hold. */}}
{{- define "switchyard.problems.environment" -}}
{{- $values := .root.Values }}
{{- $problems := list }}
{{- $set := dict "DRAIN_TIMEOUT_MS" "drainSeconds" "INVOKER_MODELS" "models of a pool" "INVOKER_CONCURRENCY" "concurrency of a pool" "ACTIVE_PROVIDERS" "providers" }}
{{- $set = merge $set (dict "AWS_REGION" "dynamodb.region" "DYNAMODB_TABLE" "dynamodb.table" "DYNAMODB_ENDPOINT" "dynamodb.endpoint" "DYNAMODB_CREATE_TABLE" "dynamodb.createTable") }}
{{- $set = merge $set (dict "REDIS_URL" "redis.existingSecret" "REDIS_URL_FILE" "redis.existingSecret" "API_KEY_PEPPER" "apiKeys.existingSecret" "API_KEY_PEPPER_FILE" "apiKeys.existingSecret" "OTEL_EXPORTER_OTLP_ENDPOINT" "tracing.endpoint" "SWITCHYARD_CONFIG" "catalogue" "SWITCHYARD_PRICES" "prices") }}
{{- $set = merge $set (dict "PORT" "nothing: it is 8080" "OPS_PORT" "nothing: it is 9464" "CLASSIFIER_URL" "nothing: it follows from the release") }}
{{- $catalogue := include "switchyard.catalogue" .root | fromJson }}
{{- range $id, $provider := $catalogue.providers }}
{{- with $provider.api_key_env }}{{ $_ := set $set . (printf "providers.%s.env: it is a secret" $id) }}{{ end }}
{{- end }}
{{- /* What an emulator takes for keys is no secret. */}}
{{- if or $values.aws.existingSecret (not $values.dynamodb.endpoint) }}
{{- range list "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" }}{{ $_ := set $set . "aws.existingSecret: it is a secret" }}{{ end }}
{{- end }}
{{- if $values.aws.existingSecret }}{{ $_ := set $set "AWS_ACCESS_KEY_ID" "aws.existingSecret" }}{{ end }}
{{- $maps := dict "environment" $values.environment }}
{{- range $service := list "ingest" "classifier" "invoker" "cost" }}{{ $_ := set $maps (printf "%s.environment" $service) (index $values $service).environment }}{{ end }}
{{- range $id, $pool := $values.invoker.pools }}{{ $_ := set $maps (printf "invoker.pools.%s.environment" $id) (($pool | default dict).environment | default dict) }}{{ end }}
{{- range $id, $provider := $values.providers }}{{ $_ := set $maps (printf "providers.%s.environment" $id) (($provider | default dict).environment | default dict) }}{{ end }}
{{- if $values.aws.existingSecret }}
{{- range $id, $provider := $values.providers }}{{ $_ := set $maps (printf "providers.%s.env" $id) (pick (($provider | default dict).env | default dict) "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN") }}{{ end }}
{{- end }}
{{- range $at, $map := $maps }}
{{- range $name, $_ := $map }}
{{- with index $set $name }}{{ $problems = append $problems (printf "%s.%s: is not set here, but by %s" $at $name .) }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* Times, numbers, accounts and labels of each service. */}}
{{- define "switchyard.problems.services" -}}
{{- $values := .root.Values }}
{{- $selector := include "switchyard.selector" (dict "root" .root "component" "any") | fromYaml }}
{{- $problems := list }}
{{- range $service := list "ingest" "classifier" "invoker" "cost" }}
{{- $account := (index $values $service).serviceAccount }}
{{- if not (or $account.create $account.name) }}
{{- $problems = append $problems (printf "%s.serviceAccount.name: with create: false, name the ServiceAccount that exists" $service) }}
{{- end }}
{{- end }}
{{- range $service := list "ingest" "classifier" "cost" }}
{{- $settings := index $values $service }}
{{- $problems = concat $problems (include "switchyard.problems.grace" (dict "at" $service "settings" $settings "drain" $settings.drainSeconds) | fromJsonArray) }}
{{- if and (hasKey $settings "maxReplicas") (ne $values.scaling.mode "none") (not (kindIs "invalid" $settings.replicas)) }}
{{- $problems = append $problems (printf "%s.replicas: with scaling.mode %s the scaler sets the number; give minReplicas and maxReplicas" $service $values.scaling.mode) }}
{{- end }}
{{- if and (hasKey $settings "maxReplicas") (gt (int $settings.minReplicas) (int $settings.maxReplicas)) }}
{{- $problems = append $problems (printf "%s.minReplicas: %d is more than maxReplicas (%d)" $service (int $settings.minReplicas) (int $settings.maxReplicas)) }}
{{- end }}
{{- end }}
{{- range .facts.pools }}
{{- $problems = concat $problems (include "switchyard.problems.grace" (dict "at" (printf "invoker.pools.%s" .id) "settings" .settings "drain" .drainSeconds) | fromJsonArray) }}
{{- end }}
{{- $labelled := dict }}
{{- range $service := list "ingest" "classifier" "invoker" "cost" }}{{ $_ := set $labelled $service (index $values $service) }}{{ end }}
{{- range $id, $pool := $values.invoker.pools }}{{ $_ := set $labelled (printf "invoker.pools.%s" $id) ($pool | default dict) }}{{ end }}
{{- range $at, $settings := $labelled }}
{{- range $name, $_ := $settings.podLabels }}
{{- if or (has $name (list "switchyard.dev/pool" "app.kubernetes.io/version")) (hasKey $selector $name) }}
{{- $problems = append $problems (printf "%s.podLabels: %s is set by the chart, which finds its pods by it" $at $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $slugs := list }}
{{- range .facts.pools }}
{{- if has .slug $slugs }}{{ $problems = append $problems (printf "invoker.pools.%s: another pool has the same short name %s" .id .slug) }}{{ end }}
{{- $slugs = append $slugs .slug }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* The seconds a pod has to stop in; settings may ask for more. Takes (dict "settings" … "drain" …). */}}
{{- define "switchyard.leastGrace" -}}
{{- add (.settings.preStopSeconds | default 0) .drain 15 }}
{{- end }}

{{- define "switchyard.problems.grace" -}}
{{- $least := include "switchyard.leastGrace" . | int }}
{{- $given := .settings.terminationGracePeriodSeconds | default $least | int }}
{{- if lt $given $least }}
{{- list (printf "%s.terminationGracePeriodSeconds: %d is less than preStop + drain + 15 s (%d); leave it out" .at $given $least) | toJson }}
{{- else }}[]{{ end }}
{{- end }}

{{/* Objects that contradict each other, or what a cluster allows. */}}
{{- define "switchyard.problems.objects" -}}
{{- $values := .root.Values }}
{{- $problems := list }}
{{- $fullname := include "switchyard.fullname" .root }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
{{- $problems = append $problems (printf "fullnameOverride: objects would be called %s-…, after the release; a Service's name takes lower-case letters, digits and hyphens, a letter first" $fullname) }}
{{- end }}
{{- if and $values.monitoring.podMonitor.enabled $values.monitoring.serviceMonitor.enabled }}
{{- $problems = append $problems "monitoring: podMonitor and serviceMonitor would both scrape every pod; enable one" }}
{{- end }}
{{- if and $values.podDisruptionBudget.enabled (has (toString $values.podDisruptionBudget.maxUnavailable) (list "0" "0%")) }}
{{- $problems = append $problems "podDisruptionBudget.maxUnavailable: with 0 no node can ever be drained; use 1" }}
{{- end }}
{{- if and $values.ingest.ingress.enabled (not $values.ingest.ingress.hosts) }}
{{- $problems = append $problems "ingest.ingress.hosts: name at least one host" }}
{{- end }}
{{- if and $values.dynamodb.createTable (not $values.dynamodb.endpoint) }}
{{- $problems = append $problems "dynamodb.createTable: is for emulators (dynamodb.endpoint); on AWS the table is made by Terraform" }}
{{- end }}
{{- range $name, $isUsed := dict "redis" (not $values.redis.trial.enabled) "dynamodb" (not (empty $values.dynamodb.endpoint)) "otlp" (not (empty $values.tracing.endpoint)) }}
{{- $peers := index $values.networkPolicy $name }}
{{- if and $values.networkPolicy.enabled $isUsed (not (concat $peers.cidrs $peers.namespaces)) }}
{{- $problems = append $problems (printf "networkPolicy.%s: name cidrs or namespaces; without any, nothing there can be reached" $name) }}
{{- end }}
{{- end }}
{{- if and (eq $values.scaling.mode "keda") $values.networkPolicy.enabled (not $values.networkPolicy.keda.namespace) }}
{{- $problems = append $problems "networkPolicy.keda.namespace: with scaling.mode keda, name the namespace that KEDA runs in" }}
{{- end }}
{{- toJson $problems }}
{{- end }}
