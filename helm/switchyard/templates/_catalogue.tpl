{{/* The texts of the catalogue and of the price book that hold. */}}
{{- define "switchyard.catalogueText" -}}
{{- .Values.catalogue | default (.Files.Get "files/switchyard.yaml") }}
{{- end }}

{{- define "switchyard.pricesText" -}}
{{- .Values.prices | default (.Files.Get "files/prices.json") }}
{{- end }}

{{/* The catalogue as JSON, without what has another shape than it must have: { problems: […], providers: { … }, models: { … },
     classifier: { … } }. What else may be wrong with it, the services say when they start. */}}
{{- define "switchyard.catalogue" -}}
{{- $problems := list }}
{{- $given := include "switchyard.catalogueText" . | fromYaml }}
{{- with $given.Error }}{{ $problems = append $problems (printf "catalogue: is no YAML: %s" .) }}{{ end }}
{{- if not (or $given.providers $given.models $given.Error) }}
{{- $problems = append $problems "catalogue: has neither providers nor models; is it a switchyard.yaml?" }}
{{- end }}
{{- $kept := dict "classifier" (kindIs "map" $given.classifier | ternary $given.classifier dict) }}
{{- range $part := list "providers" "models" }}
{{- $entries := index $given $part | default dict }}
{{- if not (kindIs "map" $entries) }}
{{- $problems = append $problems (printf "catalogue: %s must be a map of ids" $part) }}
{{- $entries = dict }}
{{- end }}
{{- $maps := dict }}
{{- range $id, $entry := $entries }}
{{- if kindIs "map" $entry }}
{{- $_ := set $maps $id $entry }}
{{- else }}
{{- $problems = append $problems (printf "catalogue: %s.%s must be a map" $part $id) }}
{{- end }}
{{- end }}
{{- $_ := set $kept $part $maps }}
{{- end }}
{{- range $id, $model := $kept.models }}
{{- if not (hasKey $kept.providers (toString $model.provider)) }}
{{- $problems = append $problems (printf "catalogue: models.%s.provider: there is no provider %v" $id $model.provider) }}
{{- end }}
{{- end }}
{{- with (include "switchyard.pricesText" . | fromJson).Error }}{{ $problems = append $problems (printf "prices: is no JSON: %s" .) }}{{ end }}
{{- merge (dict "problems" $problems) $kept | toJson }}
{{- end }}

{{/* Everything that follows from values and catalogue, once, as JSON:
     { problems: […], activeProviders: […], models: { id: { provider, timeoutSeconds, concurrency, limits } }, pools: […] } */}}
{{- define "switchyard.facts" -}}
{{- $catalogue := include "switchyard.catalogue" . | fromJson }}
{{- $problems := $catalogue.problems | default list }}
{{- $providers := $catalogue.providers }}
{{- $active := list }}
{{- range $id, $provider := .Values.providers }}{{- if not (kindIs "invalid" $provider) }}{{ $active = append $active $id }}{{ end }}{{- end }}
{{- if .Values.simulator.enabled }}{{ $active = concat $active (list "simulated" "simulated-bedrock") | uniq }}{{ end }}
{{- $active = sortAlpha $active }}
{{- range $id := $active }}
{{- if not (hasKey $providers $id) }}
{{- $problems = append $problems (printf "providers.%s: the catalogue has no such provider; it has %s" $id (keys $providers | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- $judge := $catalogue.classifier }}
{{- $models := dict }}
{{- range $id, $model := $catalogue.models }}
{{- $provider := index $providers (toString $model.provider) | default dict }}
{{- $facts := dict "provider" (toString $model.provider) "isActive" (has $model.provider $active) }}
{{- $_ := set $facts "providerModel" ($model.provider_model | default $id) }}
{{- $timeouts := list ($model.timeout_ms | default 120000) }}
{{- /* The model that judges jobs has calls of another kind, too. */}}
{{- if eq $id (dig "llm" "model" "" $judge) }}{{ $timeouts = append $timeouts (dig "llm" "timeout_ms" 5000 $judge) }}{{ end }}
{{- $_ := set $facts "timeoutSeconds" (divf (max (first $timeouts) (last $timeouts)) 1000 | ceil | int) }}
{{- $_ := set $facts "concurrency" ($model.concurrency | default 8 | int) }}
{{- $_ := set $facts "limits" (list ($model.limits | default dict) ($provider.limits | default dict)) }}
{{- $_ := set $models $id $facts }}
{{- end }}
{{- $pools := list }}
{{- $resolved := include "switchyard.pools" (dict "root" $ "models" $models "active" $active) | fromJson }}
{{- dict "problems" (concat $problems ($resolved.problems | default list)) "activeProviders" $active "models" $models "pools" $resolved.pools | toJson }}
{{- end }}
