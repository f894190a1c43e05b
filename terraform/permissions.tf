locals {
  # What each service does with the table, and with its indexes. A test reads the code and compares: an action that no code
  # takes fails it as well as one that is missing.
  table_actions = {
    ingest = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
    ]
    classifier = [
      "dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateItem",
    ]
    invoker = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
      "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
    ]
    cost = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
      "dynamodb:Query", "dynamodb:UpdateItem",
    ]
    # The command `switchyard`, where it asks the table: it alone reads the whole of it.
    operator = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
      "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
    ]
  }
  indexes = {
    ingest     = ["tenant"]
    classifier = []
    invoker    = []
    cost       = ["attention"]
    operator   = ["tenant"]
  }

  # A model in its region, a profile, and the model behind a profile in each region that it may pick. A global profile names
  # the model without any region, too.
  bedrock_models = var.bedrock == null ? [] : flatten([
    for id in var.bedrock.models : can(regex("^(us|us-gov|eu|apac|jp|au|global)\\.", id)) ? concat(
      ["arn:${local.partition}:bedrock:${var.bedrock.region}:${local.account}:inference-profile/${id}"],
      [for region in concat(var.bedrock.profile_regions, startswith(id, "global.") ? [""] : []) :
      "arn:${local.partition}:bedrock:${region}::foundation-model/${replace(id, "/^[a-z-]+\\./", "")}"],
    ) : ["arn:${local.partition}:bedrock:${var.bedrock.region}::foundation-model/${id}"]
  ])
}

data "aws_iam_policy_document" "service" {
  for_each = local.table_actions

  statement {
    sid       = "Table"
    actions   = each.value
    resources = [aws_dynamodb_table.this.arn]
  }

  dynamic "statement" {
    for_each = length(local.indexes[each.key]) > 0 ? [local.indexes[each.key]] : []

    content {
      sid       = "Indexes"
      actions   = ["dynamodb:Query"]
      resources = [for index in statement.value : "${aws_dynamodb_table.this.arn}/index/${index}"]
    }
  }

  # DynamoDB asks for the key on behalf of whoever reads or writes; for nothing else may it be used.
  statement {
    sid       = "KeyOfTheTable"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "invoker" && length(local.bedrock_models) > 0 ? [local.bedrock_models] : []

    content {
      sid       = "Models"
      actions   = ["bedrock:InvokeModel"]
      resources = statement.value
    }
  }
}

resource "aws_iam_role_policy" "service" {
  for_each = local.service_accounts

  name   = "switchyard"
  role   = aws_iam_role.service[each.key].id
  policy = data.aws_iam_policy_document.service[each.key].json
}

# For people, and for jobs of theirs: attach it to a role of yours.
resource "aws_iam_policy" "operator" {
  name        = "${var.name}-operator"
  description = "What the command switchyard needs to read and mend the ledger of ${var.name}."
  policy      = data.aws_iam_policy_document.service["operator"].json
  tags        = var.tags
}
