{{/* The models each pool serves, and what follows. Takes (dict "root" $ "models" … "active" […]); gives
     { problems, pools: [{ id, slug, name, models, isCatchAll, settings, … }] }. */}}
{{- define "switchyard.pools" -}}
{{- $root := .root }}
{{- $models := .models }}
{{- $problems := list }}
{{- $given := dict }}
{{- range $id, $pool := $root.Values.invoker.pools }}{{- if not (kindIs "invalid" $pool) }}{{ $_ := set $given $id $pool }}{{ end }}{{- end }}
{{- if not $given }}{{ $given = dict "all" (dict "models" list) }}{{ end }}
{{- $named := list }}
{{- $drafts := list }}
{{- $catchAlls := list }}
{{- range $id, $pool := $given }}
{{- $own := list }}
{{- if hasKey $pool "models" }}
{{- $own = $pool.models }}
{{- if not $own }}{{ $catchAlls = append $catchAlls $id }}{{ end }}
{{- else if hasKey $models $id }}
{{- $own = list $id }}
{{- else }}
{{- range $model, $facts := $models }}{{- if eq $facts.providerModel $id }}{{ $own = append $own $model }}{{ end }}{{- end }}
{{- if ne (len $own) 1 }}
{{- $problems = append $problems (printf "invoker.pools.%s: is the name of %s model of the catalogue; give `models` ([] for every active one that no other pool names)" $id (empty $own | ternary "no" "more than one")) }}
{{- end }}
{{- end }}
{{- range $model := $own }}
{{- if not (hasKey $models $model) }}
{{- $problems = append $problems (printf "invoker.pools.%s: the catalogue has no model %s; it has %s" $id $model (keys $models | sortAlpha | join ", ")) }}
{{- else if and $.active (not (index $models $model).isActive) }}
{{- $problems = append $problems (printf "invoker.pools.%s: %s is a model of %s, which `providers` does not name" $id $model (index $models $model).provider) }}
{{- end }}
{{- if and (has $model $named) (ne $root.Values.scaling.mode "none") }}
{{- $problems = append $problems (printf "invoker.pools.%s: %s is in another pool, too, and each would be scaled for all of its load" $id $model) }}
{{- end }}
{{- end }}
{{- $named = concat $named $own | uniq }}
{{- $drafts = append $drafts (dict "id" $id "own" $own "pool" $pool) }}
{{- end }}
{{- if gt (len $catchAlls) 1 }}
{{- $problems = append $problems (printf "invoker.pools: %s all have `models: []`; one pool can take the rest" (join ", " $catchAlls)) }}
{{- end }}
{{- /* Without any active provider, what a catalogue could bring is reckoned with. */}}
{{- $rest := list }}
{{- range $id, $facts := $models }}
{{- if and (or $facts.isActive (not $.active)) (not (has $id $named)) }}{{ $rest = append $rest $id }}{{ end }}
{{- end }}
{{- if and $rest $.active (not $catchAlls) }}
{{- $problems = append $problems (printf "invoker.pools: no pool serves %s; name them in one, or add a pool with `models: []`" (join ", " $rest)) }}
{{- end }}
{{- $pools := list }}
{{- range $draft := $drafts }}
{{- $isCatchAll := has $draft.id $catchAlls }}
{{- if and $isCatchAll $named (not $rest) }}
{{- $problems = append $problems (printf "invoker.pools.%s: no model is left for it, all are in other pools" $draft.id) }}
{{- end }}
{{- $facts := include "switchyard.pool" (dict "root" $root "models" $models "id" $draft.id "pool" $draft.pool "serves" ($isCatchAll | ternary $rest $draft.own) "isAlone" (and $isCatchAll (eq (len $given) 1))) | fromJson }}
{{- $problems = concat $problems ($facts.problems | default list) }}
{{- $pools = append $pools (omit $facts "problems") }}
{{- end }}
{{- dict "problems" $problems "pools" $pools | toJson }}
{{- end }}

{{/* One pool: times, and how many pods. Takes (dict "root" $ "models" … "id" … "pool" … "serves" […] "isAlone" …). */}}
{{- define "switchyard.pool" -}}
{{- $values := .root.Values }}
{{- $at := printf "invoker.pools.%s" .id }}
{{- $problems := list }}
{{- $settings := mergeOverwrite (omit $values.invoker "pools" | deepCopy) (deepCopy .pool) }}
{{- $slug := include "switchyard.slug" .id }}
{{- $longest := 0 }}
{{- $perPod := 0 }}
{{- $ceiling := 0 }}
{{- $isBounded := not (empty .serves) }}
{{- range $id := .serves }}
{{- with index $.models $id }}
{{- $longest = max $longest (int .timeoutSeconds) }}
{{- $concurrency := $settings.concurrency | default .concurrency | int }}
{{- $perPod = empty $perPod | ternary $concurrency (min $perPod $concurrency) }}
{{- $calls := include "switchyard.callsInFlight" (dict "limits" .limits "meanSeconds" ($settings.meanSeconds | default 10) "meanTokens" $settings.meanTokens) }}
{{- if $calls }}
{{- $ceiling = max $ceiling 1 (div (int $calls) $concurrency) }}
{{- else }}
{{- $isBounded = false }}
{{- end }}
{{- end }}
{{- end }}
{{- $longest = empty $longest | ternary 120 $longest }}
{{- $drain := $settings.drainSeconds | default (add $longest 30) | int }}
{{- if lt $drain (int (add $longest 30)) }}
{{- $problems = append $problems (printf "%s.drainSeconds: %d is less than the longest call (%d s) and 30 s; leave it out" $at $drain $longest) }}
{{- end }}
{{- $facts := dict "id" .id "slug" $slug "settings" $settings "models" (.isAlone | ternary list .serves) }}
{{- $_ := set $facts "name" (printf "%s-invoker-%s" (include "switchyard.fullname" .root) $slug) }}
{{- $_ := set $facts "serves" .serves }}
{{- $_ := set $facts "drainSeconds" $drain }}
{{- $_ := set $facts "loadPerPod" (empty $perPod | ternary 8 $perPod) }}
{{- $_ := set $facts "longestSeconds" $longest }}
{{- $_ := set $facts "replicas" (hasKey .pool "replicas" | ternary .pool.replicas 2 | int) }}
{{- $minimum := hasKey .pool "minReplicas" | ternary .pool.minReplicas 1 | int }}
{{- $maximum := .pool.maxReplicas | default ($isBounded | ternary $ceiling (max $minimum 10)) | int }}
{{- $_ := set $facts "minReplicas" $minimum }}
{{- $_ := set $facts "maxReplicas" $maximum }}
{{- if eq $values.scaling.mode "none" }}
{{- if or (hasKey .pool "minReplicas") (hasKey .pool "maxReplicas") }}
{{- $problems = append $problems (printf "%s: minReplicas and maxReplicas need a scaler; set scaling.mode, or give replicas" $at) }}
{{- end }}
{{- else }}
{{- if hasKey .pool "replicas" }}
{{- $problems = append $problems (printf "%s.replicas: with scaling.mode %s the scaler sets the number; give minReplicas and maxReplicas" $at $values.scaling.mode) }}
{{- end }}
{{- if and (eq $minimum 0) (eq $values.scaling.mode "hpa") }}
{{- $problems = append $problems (printf "%s.minReplicas: a HorizontalPodAutoscaler cannot go to 0; use at least 1, or scaling.mode keda" $at) }}
{{- end }}
{{- if and $isBounded (gt $maximum (int $ceiling)) }}
{{- $problems = append $problems (printf "%s.maxReplicas: %d is more than the limits of the catalogue can feed (%d, at %v calls in flight per model and pod and %v s a call); use at most that, or correct meanSeconds" $at $maximum $ceiling $facts.loadPerPod ($settings.meanSeconds | default 10)) }}
{{- end }}
{{- if gt $minimum $maximum }}
{{- $problems = append $problems (printf "%s.minReplicas: %d is more than maxReplicas (%d)" $at $minimum $maximum) }}
{{- end }}
{{- end }}
{{- $_ := set $facts "problems" $problems }}
{{- toJson $facts }}
{{- end }}

{{/* How many calls limits allow at once, by Little's law; nothing: no limit. Takes (dict "limits" [of the model, of the
     provider] "meanSeconds" … "meanTokens" …). */}}
{{- define "switchyard.callsInFlight" -}}
{{- $allowed := list }}
{{- range .limits }}
{{- with .in_flight }}{{ $allowed = append $allowed (float64 .) }}{{ end }}
{{- with .requests_per_minute }}{{ $allowed = append $allowed (divf (mulf . $.meanSeconds) 60) }}{{ end }}
{{- if and .tokens_per_minute $.meanTokens }}{{ $allowed = append $allowed (divf (mulf .tokens_per_minute $.meanSeconds) (mulf 60 $.meanTokens)) }}{{ end }}
{{- end }}
{{- if $allowed }}
{{- $least := first $allowed }}
{{- range $allowed }}{{ $least = minf $least . }}{{ end }}
{{- floor $least | int | max 1 }}
{{- end }}
{{- end }}
