{{/* The start of every name; "-invoke-<pool>" must still fit into 63 characters. */}}
{{- define "switchyard.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 24 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 24 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* What selects the pods of one stage. Takes (dict "root" $ "stage" …). */}}
{{- define "switchyard.selector" -}}
app.kubernetes.io/name: switchyard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .stage }}
{{- end }}

{{- define "switchyard.labels" -}}
{{ include "switchyard.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* One service's Deployment. Takes (dict "root" $ "stage" … "image" … "name" … "settings" … "pool" …). */}}
{{- define "switchyard.deployment" -}}
{{- $values := .root.Values }}
{{- $fullname := include "switchyard.fullname" .root }}
{{- $isIngest := eq .stage "ingest" }}
{{- $pool := .pool | default dict }}
{{- /* A stopping invoker waits for the longest call there can be, with time to write its answer down. */}}
{{- $drainSeconds := $values.drainTimeoutSeconds }}
{{- if eq .stage "invoke" }}{{ $drainSeconds = max $drainSeconds (add .settings.longestCallSeconds 30) }}{{ end }}
{{- $poolLabel := "" }}
{{- if .poolName }}{{ $poolLabel = printf "switchyard/pool: %s" .poolName }}{{ end }}
{{- $hasFiles := or $values.catalogue $values.prices }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "switchyard.labels" . | nindent 4 }}
    {{- with $poolLabel }}
    {{ . }}
    {{- end }}
spec:
  replicas: {{ hasKey $pool "replicas" | ternary $pool.replicas (.settings.replicas | default 1) }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "switchyard.selector" . | nindent 6 }}
      {{- with $poolLabel }}
      {{ . }}
      {{- end }}
  template:
    metadata:
      labels:
        {{- include "switchyard.labels" . | nindent 8 }}
        {{- with $poolLabel }}
        {{ . }}
        {{- end }}
      {{- if $hasFiles }}
      annotations:
        checksum/catalogue: {{ printf "%s%s" $values.catalogue $values.prices | sha256sum }}
      {{- end }}
    spec:
      serviceAccountName: {{ $fullname }}-{{ .stage }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- /* Time to finish what is in hand, and some to spare; ingest first waits until no more traffic comes. */}}
      terminationGracePeriodSeconds: {{ add $drainSeconds (ternary 20 15 $isIngest) }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .image }}
          image: {{ printf "%s/%s:%s" $values.image.registry .image ($values.image.tag | default .root.Chart.AppVersion) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          env:
            {{- /* One map first, so that what a stage sets replaces what all have, and no name is there twice. */}}
            {{- $environment := dict "DRAIN_TIMEOUT_MS" (mul $drainSeconds 1000) }}
            {{- if $values.catalogue }}{{ $_ := set $environment "SWITCHYARD_CONFIG" "/etc/switchyard/switchyard.yaml" }}{{ end }}
            {{- if $values.prices }}{{ $_ := set $environment "SWITCHYARD_PRICES" "/etc/switchyard/prices.json" }}{{ end }}
            {{- if $isIngest }}{{ $_ := set $environment "CLASSIFIER_URL" (printf "http://%s-classify:9464" $fullname) }}{{ end }}
            {{- if $pool.models }}{{ $_ := set $environment "INVOKER_MODELS" (join "," $pool.models) }}{{ end }}
            {{- if $pool.concurrency }}{{ $_ := set $environment "INVOKER_CONCURRENCY" $pool.concurrency }}{{ end }}
            {{- range $name, $value := mergeOverwrite $environment (deepCopy $values.environment) (deepCopy (.settings.environment | default dict)) }}
            - name: {{ $name }}
              value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
            {{- end }}
            - name: REDIS_URL
              valueFrom:
                secretKeyRef:
                  name: {{ $values.secretName }}
                  key: redis-url
            {{- if $isIngest }}
            - name: API_KEY_PEPPER
              valueFrom:
                secretKeyRef:
                  name: {{ $values.secretName }}
                  key: api-key-pepper
            {{- end }}
            {{- range $name, $key := $values.providerKeys }}
            - name: {{ $name }}
              valueFrom:
                secretKeyRef:
                  name: {{ $values.secretName }}
                  key: {{ $key }}
                  optional: true
            {{- end }}
          ports:
            {{- if $isIngest }}
            - name: http
              containerPort: 8080
            {{- end }}
            - name: operations
              containerPort: 9464
          startupProbe:
            httpGet:
              path: /healthz/ready
              port: operations
            periodSeconds: 2
            failureThreshold: 45
          livenessProbe:
            httpGet:
              path: /healthz/live
              port: operations
            periodSeconds: 10
          readinessProbe:
            httpGet:
              path: /healthz/ready
              port: operations
            periodSeconds: 5
          {{- if $isIngest }}
          lifecycle:
            preStop:
              sleep:
                seconds: 5
          {{- end }}
          resources:
            {{- toYaml .settings.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          {{- if $hasFiles }}
          volumeMounts:
            - name: catalogue
              mountPath: /etc/switchyard
              readOnly: true
      volumes:
        - name: catalogue
          configMap:
            name: {{ $fullname }}-catalogue
      {{- end }}
{{- end }}
