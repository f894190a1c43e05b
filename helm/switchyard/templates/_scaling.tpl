{{/* What is scaled, as JSON: [{ name, component, slug, stage, models, loadPerPod, minReplicas, maxReplicas, cooldown }]. Takes
     (dict "root" $ "facts" …). */}}
{{- define "switchyard.scaled" -}}
{{- $root := .root }}
{{- $fullname := include "switchyard.fullname" $root }}
{{- $scaled := list }}
{{- range $service, $stage := dict "classifier" "classify" "cost" "settle" }}
{{- $settings := index $root.Values $service }}
{{- $scaled = append $scaled (dict "name" (printf "%s-%s" $fullname $service) "component" $service "slug" "" "stage" $stage "models" list "loadPerPod" $settings.loadPerPod "minReplicas" $settings.minReplicas "maxReplicas" $settings.maxReplicas "longestSeconds" 60) }}
{{- end }}
{{- range .facts.pools }}
{{- $scaled = append $scaled (merge (dict "component" "invoker" "stage" "invoke") .) }}
{{- end }}
{{- toJson $scaled }}
{{- end }}

{{/* Up at once, down slowly: a pod that stops is still at its calls, and may be wanted again. */}}
{{- define "switchyard.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - type: Percent
      value: 100
      periodSeconds: 15
    - type: Pods
      value: 4
      periodSeconds: 15
scaleDown:
  stabilizationWindowSeconds: {{ .Values.scaling.scaleDown.stabilizationSeconds | int }}
  selectPolicy: Max
  policies:
    - type: Percent
      value: {{ .Values.scaling.scaleDown.percentPerMinute | int }}
      periodSeconds: 60
{{- end }}
