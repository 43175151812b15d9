{{- /* A name that YAML reads as a word of its own would be no text in a manifest. */ -}}
{{- define "carbon-ledger.name" -}}
{{- $name := default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- if has $name (list "false" "n" "no" "null" "off" "on" "true" "y" "yes") -}}
{{- fail (printf "the release cannot have the name %s, a word of YAML; set nameOverride to another name" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "carbon-ledger.selector" -}}
app.kubernetes.io/name: carbon-ledger
app.kubernetes.io/instance: {{ include "carbon-ledger.name" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "carbon-ledger.labels" -}}
{{ include "carbon-ledger.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- /* The labels of an object that another program chooses by its labels. Those of the chart itself stay. */ -}}
{{- define "carbon-ledger.chosen" -}}
{{- toYaml (merge (dict) (include "carbon-ledger.labels" .part | fromYaml) .labels) -}}
{{- end -}}

{{- define "carbon-ledger.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "carbon-ledger.publicUrl" -}}
{{- if .Values.ledger.publicUrl -}}
{{ .Values.ledger.publicUrl }}
{{- else if .Values.ingress.enabled -}}
https://{{ .Values.ingress.host }}
{{- end -}}
{{- end -}}

{{- /* What the server speaks, as a probe writes it. */ -}}
{{- define "carbon-ledger.scheme" -}}
{{- ternary "HTTPS" "HTTP" (not (empty .Values.server.tlsSecret)) -}}
{{- end -}}

{{- define "carbon-ledger.logSecret" -}}
{{- if .Values.keys.create -}}{{ include "carbon-ledger.name" . }}-log-key{{- else -}}{{ .Values.keys.logSecret }}{{- end -}}
{{- end -}}

{{- define "carbon-ledger.registrarSecret" -}}
{{- if .Values.keys.create -}}{{ include "carbon-ledger.name" . }}-registrar-key{{- else -}}{{ .Values.keys.registrarSecret }}{{- end -}}
{{- end -}}

{{- define "carbon-ledger.cluster" -}}
{{- default (printf "%s-db" (include "carbon-ledger.name" .)) .Values.database.cnpg.name -}}
{{- end -}}

{{- /* Of what a job of this release depends on: jobs cannot be changed, so another content gets another name. */ -}}
{{- define "carbon-ledger.hash" -}}
{{- toJson (list .Values .Chart.Version) | sha256sum | trunc 8 -}}
{{- end -}}

{{- /* The fields of a pod that are the same for all. */ -}}
{{- define "carbon-ledger.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.server.priorityClass }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.server.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.server.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* What the schema cannot check, since it follows from several values. */ -}}
{{- define "carbon-ledger.checks" -}}
{{- with .Values.database }}
{{- if eq .mode "cnpg" }}
{{- $pods := add 1 (ternary $.Values.server.autoscaling.max $.Values.server.replicas $.Values.server.autoscaling.enabled) }}
{{- $needed := add 10 (mul 40 $pods $.Values.server.processes) }}
{{- if lt (.cnpg.maxConnections | int64) $needed }}
{{- fail (printf "database.cnpg.maxConnections: %d are too few for %d pods of %d server processes (one pod more during an upgrade), 40 connections each and 10 for jobs: at least %d" (.cnpg.maxConnections | int64) $pods ($.Values.server.processes | int64) $needed) }}
{{- end }}
{{- if ge (.cnpg.synchronousStandbys | int64) (.cnpg.instances | int64) }}
{{- fail (printf "database.cnpg.synchronousStandbys: %d instances have %d standbys, fewer than the %d that must have each record" (.cnpg.instances | int64) (sub .cnpg.instances 1) (.cnpg.synchronousStandbys | int64)) }}
{{- end }}
{{- if and (or .cnpg.continuousBackup.enabled .cnpg.recover.enabled) (not .cnpg.continuousBackup.credentialsSecret) (not .cnpg.accountAnnotations) }}
{{- fail "database.cnpg.continuousBackup.credentialsSecret: the name of a Secret, or an identity in database.cnpg.accountAnnotations" }}
{{- end }}
{{- end }}
{{- end }}
{{- if not .Values.server.accountAnnotations }}
{{- if not .Values.anchor.credentialsSecret }}
{{- fail "anchor.credentialsSecret: the name of a Secret, or an identity in server.accountAnnotations" }}
{{- end }}
{{- if and (or .Values.backup.enabled .Values.restore.from) (not .Values.backup.credentialsSecret) }}
{{- fail "backup.credentialsSecret: the name of a Secret, or an identity in server.accountAnnotations" }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* A quantity of memory or storage in MiB. */ -}}
{{- define "carbon-ledger.mebibytes" -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get (dict "Mi" 1 "Gi" 1024 "Ti" 1048576) (regexFind "[A-Z]i$" .) | int64) -}}
{{- end -}}

{{- /* Variables of values. */ -}}
{{- define "carbon-ledger.extraEnv" -}}
{{- range .Values.server.extraEnv }}
- name: {{ .name }}
{{- if .secret }}
  valueFrom: {secretKeyRef: {name: {{ .secret | quote }}, key: {{ .key | quote }}}}
{{- else }}
  value: {{ .value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The fields of a container that are the same for all. */ -}}
{{- define "carbon-ledger.container" -}}
image: {{ include "carbon-ledger.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- /* Credentials and address of an object store. */ -}}
{{- define "carbon-ledger.store" -}}
{{- with .credentialsSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: AWS_ACCESS_KEY_ID}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: AWS_SECRET_ACCESS_KEY}}
{{- end }}
- name: AWS_REGION
  value: {{ .region | quote }}
{{- with .endpoint }}
- name: AWS_ENDPOINT_URL
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* The Secret with the authority of the database's certificate; empty for none. */ -}}
{{- define "carbon-ledger.databaseAuthority" -}}
{{- if eq .Values.database.mode "cnpg" -}}{{ include "carbon-ledger.cluster" . }}-ca{{- else -}}{{ .Values.database.existing.caSecret }}{{- end -}}
{{- end -}}

{{- define "carbon-ledger.databaseUrl" -}}
- name: CARBON_LEDGER_DATABASE_URL
{{- if eq .Values.database.mode "cnpg" }}
  valueFrom: {secretKeyRef: {name: {{ include "carbon-ledger.cluster" . }}-app, key: uri}}
{{- else }}
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existing.secret | quote }}, key: {{ .Values.database.existing.key | quote }}}}
{{- end }}
{{- if include "carbon-ledger.databaseAuthority" . }}
- name: PGSSLMODE
  value: verify-full
- name: PGSSLROOTCERT
  value: /run/carbon-ledger/database-ca/ca.crt
{{- end }}
{{- end -}}

{{- define "carbon-ledger.databaseMounts" -}}
{{- if include "carbon-ledger.databaseAuthority" . }}
- {name: database-ca, mountPath: /run/carbon-ledger/database-ca, readOnly: true}
{{- end }}
{{- end -}}

{{- define "carbon-ledger.databaseVolumes" -}}
{{- with include "carbon-ledger.databaseAuthority" . }}
- name: database-ca
  secret: {secretName: {{ . | quote }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end -}}

{{- /* The settings of every process that opens the ledger. */ -}}
{{- define "carbon-ledger.environment" -}}
{{- $name := include "carbon-ledger.name" . -}}
- name: CARBON_LEDGER_HOME
  value: /var/lib/carbon-ledger/home
{{ include "carbon-ledger.databaseUrl" . }}
- name: CARBON_LEDGER_ANCHOR
  value: {{ printf "s3://%s/%s" .Values.anchor.bucket .Values.anchor.key | quote }}
{{ include "carbon-ledger.store" .Values.anchor }}
- name: CARBON_LEDGER_WORKERS
  value: {{ .Values.server.workers | int64 | quote }}
- name: CARBON_LEDGER_QUESTIONS
  value: {{ .Values.server.questions | int64 | quote }}
{{- with .Values.ledger.origin }}
- name: CARBON_LEDGER_ORIGIN
  value: {{ . | quote }}
{{- end }}
{{- with include "carbon-ledger.publicUrl" . }}
- name: CARBON_LEDGER_PUBLIC_URL
  value: {{ . | quote }}
{{- end }}
- name: CARBON_LEDGER_HOSTS
  value: {{ concat (list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace)) .Values.ledger.hosts | join "," | quote }}
{{- with .Values.ledger.proxies }}
- name: CARBON_LEDGER_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .Values.ledger.policy }}
- name: CARBON_LEDGER_POLICY
  value: /etc/carbon-ledger/policy/policy
{{- end }}
{{- if .Values.ledger.caSecret }}
- name: CARBON_LEDGER_CA
  value: /run/carbon-ledger/ca/ca.crt
{{- end }}
- name: CARBON_LEDGER_ACCESS
  value: {{ .Values.ledger.access }}
- name: CARBON_LEDGER_LOG_FORMAT
  value: {{ .Values.ledger.logFormat }}
- name: CARBON_LEDGER_FACTOR_SETS
  value: {{ .Values.ledger.factorSets }}
{{- with .Values.ledger.cors }}
- name: CARBON_LEDGER_CORS
  value: {{ . }}
{{- end }}
{{- $settings := .Values.ledger.settings }}
{{- range $setting, $variable := dict "accessLogDays" "ACCESS_LOG_DAYS" "assessSeconds" "ASSESS_SECONDS" "bodySeconds" "BODY_SECONDS" "quotaRecords" "QUOTA_RECORDS" "quotaUnasked" "QUOTA_UNASKED" "renewSeconds" "RENEW_SECONDS" "revisedPerDay" "REVISED_PER_DAY" }}
{{- if hasKey $settings $setting }}
- name: CARBON_LEDGER_{{ $variable }}
  value: {{ get $settings $setting | int64 | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The settings of servers alone. Those of traces are the standard variables of OpenTelemetry. */ -}}
{{- define "carbon-ledger.serving" -}}
{{- if .Values.server.tlsSecret }}
- name: CARBON_LEDGER_TLS_CERT
  value: /run/carbon-ledger/tls/tls.crt
- name: CARBON_LEDGER_TLS_KEY
  value: /run/carbon-ledger/tls/tls.key
{{- end }}
{{- if .Values.metrics.tokenSecret }}
- name: CARBON_LEDGER_METRICS_TOKEN_FILE
  value: /run/carbon-ledger/metrics/token
{{- end }}
{{- with .Values.traces }}
{{- if .endpoint }}
- name: OTEL_TRACES_EXPORTER
  value: otlp
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: OTEL_SERVICE_NAME
  value: {{ include "carbon-ledger.name" $ }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ printf "%.2f" (divf .percent 100) | quote }}
{{- with .headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: headers}}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "carbon-ledger.passphraseArguments" -}}
{{- if .Values.keys.passphraseSecret }}
- --passphrase-file
- /run/carbon-ledger/passphrase/passphrase
{{- end }}
{{- end -}}

{{- define "carbon-ledger.homeMounts" -}}
- {name: home, mountPath: /var/lib/carbon-ledger}
- {name: scratch, mountPath: /tmp}
{{- if .Values.keys.passphraseSecret }}
- {name: passphrase, mountPath: /run/carbon-ledger/passphrase, readOnly: true}
{{- end }}
{{- if .Values.ledger.policy }}
- {name: policy, mountPath: /etc/carbon-ledger/policy, readOnly: true}
{{- end }}
{{- if .Values.ledger.caSecret }}
- {name: ca, mountPath: /run/carbon-ledger/ca, readOnly: true}
{{- end }}
{{- include "carbon-ledger.databaseMounts" . }}
{{- end -}}

{{- define "carbon-ledger.homeVolumes" -}}
- {name: home, emptyDir: {sizeLimit: 256Mi}}
- {name: scratch, emptyDir: {sizeLimit: 1Gi}}
- {name: log-key, secret: {secretName: {{ include "carbon-ledger.logSecret" . | quote }}, defaultMode: 288}}
{{- if .Values.keys.passphraseSecret }}
- {name: passphrase, secret: {secretName: {{ .Values.keys.passphraseSecret | quote }}, defaultMode: 288}}
{{- end }}
{{- if .Values.ledger.policy }}
- {name: policy, configMap: {name: {{ include "carbon-ledger.name" . }}-policy}}
{{- end }}
{{- with .Values.ledger.caSecret }}
- {name: ca, secret: {secretName: {{ . | quote }}, items: [{key: ca.crt, path: ca.crt}]}}
{{- end }}
{{- include "carbon-ledger.databaseVolumes" . }}
{{- end -}}

{{- define "carbon-ledger.claim" -}}
accessModes: [ReadWriteOnce]
resources: {requests: {storage: {{ .size | quote }}}}
{{- with .storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "carbon-ledger.peers" -}}
{{- range . }}
- namespaceSelector: {matchLabels: {{ toJson .namespaceLabels }}}
{{- with .podLabels }}
  podSelector: {matchLabels: {{ toJson . }}}
{{- end }}
{{- end }}
{{- end -}}
