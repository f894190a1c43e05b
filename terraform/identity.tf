data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  partition = data.aws_partition.this.partition
  account   = data.aws_caller_identity.this.account_id
  # The table's ARN holds the region under every version of the provider.
  region = split(":", aws_dynamodb_table.this.arn)[3]

  services         = toset(["ingest", "classifier", "invoker", "cost"])
  service_accounts = { for service in local.services : service => "${var.name}-${service}" }
  oidc_issuer      = var.oidc_provider_arn == null ? "" : split("oidc-provider/", var.oidc_provider_arn)[1]
}

# A token of one ServiceAccount (sub) that was made for AWS (aud) is what assumes its role, and nothing else.
data "aws_iam_policy_document" "trust_irsa" {
  for_each = local.service_accounts

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [coalesce(var.oidc_provider_arn, "unused")]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.oidc_issuer}:sub"
      values   = ["system:serviceaccount:${var.namespace}:${each.value}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.oidc_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

# The same with EKS Pod Identity: the agent assumes the role, and says for whom in tags of the session.
data "aws_iam_policy_document" "trust_pod_identity" {
  for_each = local.service_accounts

  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-name"
      values   = [coalesce(var.cluster_name, "unused")]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [var.namespace]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [each.value]
    }
  }
}

resource "aws_iam_role" "service" {
  for_each = local.service_accounts

  name        = each.value
  description = "${each.key} of ${var.name}, in the namespace ${var.namespace}."
  tags        = var.tags

  assume_role_policy = (
    var.identity == "irsa"
    ? data.aws_iam_policy_document.trust_irsa[each.key].json
    : data.aws_iam_policy_document.trust_pod_identity[each.key].json
  )
}

resource "aws_eks_pod_identity_association" "service" {
  for_each = var.identity == "pod-identity" ? local.service_accounts : {}

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = each.value
  role_arn        = aws_iam_role.service[each.key].arn
  tags            = var.tags
}
