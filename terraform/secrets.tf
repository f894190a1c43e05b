locals {
  # Named as the chart names them: what is in the Secret `switchyard` of the cluster, and a Secret for each provider.
  secret_names = merge(
    { "redis-url" = "${var.name}/redis-url", "api-key-pepper" = "${var.name}/api-key-pepper" },
    { for id in keys(var.provider_keys) : id => "${var.name}/providers/${id}" },
  )
}

# Names alone. Values are put in out of band (docs/operate/aws.md), so that none is ever in a plan or in the state; there
# is no version here that a later apply could put back.
resource "aws_secretsmanager_secret" "this" {
  for_each = local.secret_names

  name                    = each.value
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 30
  tags                    = var.tags
}

# For whatever brings them into the cluster, such as the role of the External Secrets Operator. No service has it.
data "aws_iam_policy_document" "read_secrets" {
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for secret in aws_secretsmanager_secret.this : secret.arn]
  }

  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "read_secrets" {
  name        = "${var.name}-read-secrets"
  description = "Reads the values of ${var.name}'s secrets."
  policy      = data.aws_iam_policy_document.read_secrets.json
  tags        = var.tags
}
