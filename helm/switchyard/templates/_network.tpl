{{/* Peers of a NetworkPolicy. Takes { namespaces: […], cidrs: […] }. */}}
{{- define "switchyard.peers" -}}
{{- range .namespaces }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . | quote }}
{{- end }}
{{- range .cidrs }}
- ipBlock:
    cidr: {{ . | quote }}
{{- end }}
{{- end }}

{{/* The port of an http or https address. */}}
{{- define "switchyard.portOf" -}}
{{- $host := regexReplaceAll "^https?://" . "" | splitList "/" | first }}
{{- regexMatch ":[0-9]+$" $host | ternary (splitList ":" $host | last) (hasPrefix "https:" . | ternary "443" "80") }}
{{- end }}

{{/* One policy. Takes (dict "root" $ "name" … "why" … "components" […] ["ingress" rules] ["egress" rules]): rules as text. */}}
{{- define "switchyard.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "switchyard.metadata" (dict "root" .root "component" "network" "name" (printf "%s-%s" (include "switchyard.fullname" .root) .name) "annotations" (dict "switchyard.dev/why" .why)) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | quote }}
      app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
    {{- with .components }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: [{{ join ", " . }}]
    {{- end }}
  policyTypes:
    {{- if hasKey . "ingress" }}
    - Ingress
    {{- end }}
    {{- if hasKey . "egress" }}
    - Egress
    {{- end }}
  {{- with .ingress }}
  ingress:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- with .egress }}
  egress:
    {{- . | trim | nindent 4 }}
  {{- end }}
{{- end }}

{{/* One rule. Takes (dict "direction" from|to "peers" text "ports" […] ["udp" true]). */}}
{{- define "switchyard.rule" -}}
{{- /* A rule without peers would let in everybody. */}}
{{- if trim .peers }}
- {{ .direction }}:
    {{- .peers | trim | nindent 4 }}
  ports:
    {{- range .ports }}
    - protocol: TCP
      port: {{ . }}
    {{- if $.udp }}
    - protocol: UDP
      port: {{ . }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{/* Pods of this release as a peer. Takes (dict "root" $ "component" …). */}}
{{- define "switchyard.ownPods" -}}
- podSelector:
    matchLabels:
      {{- include "switchyard.selector" . | nindent 6 }}
{{- end }}
