# terraform init && terraform test: plans with a provider that answers without an account. Nothing is made.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/switchyard" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/switchyard" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/switchyard" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:switchyard" }
  }
}

variables {
  oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"
}

run "the_table_is_safe" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table must be on demand and protected from deletion."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "The table must be recoverable to any time, and encrypted."
  }
  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expiresAt"
    error_message = "Rows must end by expiresAt."
  }
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_alias.this.name == "alias/switchyard"
    error_message = "The key must rotate, and be found by its alias."
  }
}

run "irsa_trusts_one_service_account_for_aws" {
  # Applied with the mocked provider, since what a policy says is known only then.
  command = apply

  assert {
    condition     = [for c in data.aws_iam_policy_document.trust_irsa["cost"].statement[0].condition : one(c.values) if endswith(c.variable, ":sub")] == ["system:serviceaccount:switchyard:switchyard-cost"]
    error_message = "Only the ServiceAccount of cost may have the role of cost."
  }
  assert {
    condition     = [for c in data.aws_iam_policy_document.trust_irsa["cost"].statement[0].condition : one(c.values) if c.variable == "oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud"] == ["sts.amazonaws.com"]
    error_message = "Only tokens made for AWS may be used."
  }
  assert {
    condition     = length(aws_eks_pod_identity_association.service) == 0
    error_message = "irsa needs no association."
  }
  assert {
    condition     = output.helm_values.cost.serviceAccount.annotations["eks.amazonaws.com/role-arn"] == aws_iam_role.service["cost"].arn
    error_message = "The chart must be told the role."
  }
}

run "pod_identity_needs_no_annotation" {
  command = apply
  variables {
    identity          = "pod-identity"
    oidc_provider_arn = null
    cluster_name      = "production"
  }

  assert {
    condition     = { for service, a in aws_eks_pod_identity_association.service : service => a.service_account } == { for service in ["ingest", "classifier", "invoker", "cost"] : service => "switchyard-${service}" }
    error_message = "Each ServiceAccount must be associated with its own role."
  }
  assert {
    condition     = length(output.helm_values.cost.serviceAccount.annotations) == 0
    error_message = "Pod Identity needs no annotation."
  }
}

run "only_invokers_call_models_and_only_those_listed" {
  command = apply
  variables {
    bedrock = {
      region          = "eu-central-1"
      models          = ["amazon.nova-lite-v1:0", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"]
      profile_regions = ["eu-central-1", "eu-west-1"]
    }
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.service["cost"].statement : s.sid if s.sid == "Models"] == []
    error_message = "cost must not call models."
  }
  assert {
    condition = toset(flatten([for s in data.aws_iam_policy_document.service["invoker"].statement : s.resources if s.sid == "Models"])) == toset([
      "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0",
      "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
      "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
    ])
    error_message = "Each listed model must be allowed, the one behind a profile in each of its regions, and nothing else."
  }
  assert {
    condition     = output.helm_values.providers.bedrock.environment.BEDROCK_REGION == "eu-central-1"
    error_message = "Invokers must be told the region."
  }
}

run "valkey_evicts_nothing" {
  command = plan
  variables {
    valkey = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"], allowed_security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = [for p in aws_elasticache_parameter_group.this[0].parameter : p.value if p.name == "maxmemory-policy"] == ["noeviction"]
    error_message = "A queue must not lose keys."
  }
  assert {
    condition     = aws_elasticache_replication_group.this[0].multi_az_enabled && aws_elasticache_replication_group.this[0].num_cache_clusters == 2 && aws_elasticache_replication_group.this[0].transit_encryption_enabled
    error_message = "Valkey must survive a zone, and be reached by TLS alone."
  }
}

run "secrets_have_names_and_no_values" {
  command = plan
  variables {
    provider_keys = { openai = "OPENAI_API_KEY" }
  }

  assert {
    condition     = { for key, secret in aws_secretsmanager_secret.this : key => secret.name } == { "redis-url" = "switchyard/redis-url", "api-key-pepper" = "switchyard/api-key-pepper", "openai" = "switchyard/providers/openai" }
    error_message = "There must be a secret for the address of Redis, the pepper and each key."
  }
}

run "a_bad_name_is_refused" {
  command = plan
  variables {
    name = "Switch_yard"
  }
  expect_failures = [var.name]
}

run "irsa_without_an_oidc_provider_is_refused" {
  command = plan
  variables {
    oidc_provider_arn = null
  }
  expect_failures = [var.oidc_provider_arn]
}

run "wildcards_for_models_are_refused" {
  command = plan
  variables {
    bedrock = { region = "eu-central-1", models = ["anthropic.*"] }
  }
  expect_failures = [var.bedrock]
}
