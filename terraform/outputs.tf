output "table" {
  description = "Name and ARN of the table."
  value       = { name = aws_dynamodb_table.this.name, arn = aws_dynamodb_table.this.arn }
}

output "key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "role_arns" {
  description = "ARN of each service's role."
  value       = { for service, role in aws_iam_role.service : service => role.arn }
}

output "policy_arns" {
  description = "Policies to attach to roles of yours: operator for people, read_secrets for what brings secrets into the cluster."
  value       = { operator = aws_iam_policy.operator.arn, read_secrets = aws_iam_policy.read_secrets.arn }
}

output "secret_names" {
  description = "Secrets that wait for their values."
  value       = { for key, secret in aws_secretsmanager_secret.this : key => secret.name }
}

output "redis_url" {
  description = "Address of Valkey, without a password; null where none is made here. It belongs in the secret redis-url."
  value       = var.valkey == null ? null : "rediss://${aws_elasticache_replication_group.this[0].primary_endpoint_address}:6379"
}

output "helm_values" {
  description = "Values for the chart: terraform output -json helm_values > aws.json; helm install -f aws.json …"
  value       = module.helm_values.values
}

module "helm_values" {
  source = "./modules/helm-values"

  name                   = var.name
  table                  = aws_dynamodb_table.this.name
  region                 = local.region
  service_accounts       = local.service_accounts
  role_arns              = var.identity == "irsa" ? { for service, role in aws_iam_role.service : service => role.arn } : {}
  provider_keys          = var.provider_keys
  bedrock                = var.bedrock == null ? null : { provider = var.bedrock.provider, region = var.bedrock.region }
  external_secrets_store = var.external_secrets_store
  secret_names           = { for key, secret in aws_secretsmanager_secret.this : key => secret.name }
}
