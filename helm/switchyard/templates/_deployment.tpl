{{/* One Deployment. Takes (dict "root" $ "service" … "name" … "settings" … "drain" … "facts" … ["pool" …]). */}}
{{- define "switchyard.deployment" -}}
{{- $values := .root.Values }}
{{- $about := dict "root" .root "component" .service }}
{{- $ids := dict }}
{{- with .pool }}
{{- $_ := set $about "slug" .slug }}
{{- $_ := set $ids "switchyard.dev/pool" .id }}
{{- end }}
{{- $isIngest := eq .service "ingest" }}
{{- $secrets := include "switchyard.secretEnvironment" . | fromJson }}
{{- $least := include "switchyard.leastGrace" . | int }}
{{- $replicas := (.pool | default .settings).replicas }}
{{- $isScaled := and (not $isIngest) (ne $values.scaling.mode "none") }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "switchyard.metadata" (merge (dict "name" .name "annotations" $ids) $about) | nindent 2 }}
spec:
  {{- if not $isScaled }}
  replicas: {{ kindIs "invalid" $replicas | ternary 2 $replicas | int }}
  {{- end }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 25%
  selector:
    matchLabels:
      {{- include "switchyard.selector" $about | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "switchyard.selector" $about | nindent 8 }}
        app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
        {{- with .settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ printf "%s\n%s" (include "switchyard.catalogueText" .root) (include "switchyard.pricesText" .root) | sha256sum }}
        checksum/secrets: {{ include "switchyard.secretsChecksum" (dict "root" .root "secrets" $secrets) }}
        {{- with merge $ids (.settings.podAnnotations | default dict) }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "switchyard.serviceAccountName" . }}
      {{- include "switchyard.podSecurity" dict | nindent 6 }}
      terminationGracePeriodSeconds: {{ .settings.terminationGracePeriodSeconds | default $least | int }}
      {{- with include "switchyard.placement" (merge (dict "settings" .settings) $about) | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
        - name: {{ .service }}
          image: {{ include "switchyard.image" (dict "root" .root "image" .service) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          env:
            {{- $plain := include "switchyard.environment" . | fromJson }}
            {{- range $name, $value := $plain }}
            - name: {{ $name }}
              value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
            {{- end }}
            {{- range $name, $place := $secrets }}
            {{- if not (hasKey $plain $name) }}
            - name: {{ $name }}
              valueFrom:
                secretKeyRef:
                  name: {{ first $place | quote }}
                  key: {{ last $place | quote }}
            {{- end }}
            {{- end }}
          ports:
            {{- if $isIngest }}
            - name: http
              containerPort: 8080
            {{- end }}
            - name: operations
              containerPort: 9464
          {{- include "switchyard.probes" . | nindent 10 }}
          {{- if and $isIngest .settings.preStopSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ .settings.preStopSeconds }}
          {{- end }}
          resources:
            {{- toYaml .settings.resources | nindent 12 }}
          {{- include "switchyard.containerSecurity" . | nindent 10 }}
          volumeMounts:
            - name: catalogue
              mountPath: /etc/switchyard
              readOnly: true
            {{- if eq .service "cost" }}
            - name: scratch
              mountPath: /tmp
            {{- end }}
      volumes:
        - name: catalogue
          configMap:
            name: {{ include "switchyard.fullname" .root }}-catalogue
        {{- if eq .service "cost" }}
        # `ledger verify` and `ledger reconcile`, run in this pod, lay down here what memory cannot hold.
        - name: scratch
          emptyDir:
            sizeLimit: 2Gi
        {{- end }}
{{- end }}

{{/* Where pods may and should run. Takes what selects them, and "settings". */}}
{{- define "switchyard.placement" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "switchyard.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Ready takes Redis and the table; alive is who still has a running event loop, whatever else is down. */}}
{{- define "switchyard.probes" -}}
startupProbe:
  httpGet:
    path: /healthz/ready
    port: operations
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 45
livenessProbe:
  httpGet:
    path: /healthz/live
    port: operations
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /healthz/ready
    port: operations
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 3
{{- end }}
