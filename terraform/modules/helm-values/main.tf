# What the module makes, in the words of helm/switchyard/values.yaml. It uses no provider, so that it can be run and tested
# without one.
terraform {
  required_version = ">= 1.9"
}

variable "name" {
  type = string
}
variable "table" {
  type = string
}
variable "region" {
  type = string
}
variable "service_accounts" {
  type = map(string)
}
# Empty with EKS Pod Identity, which needs no annotation.
variable "role_arns" {
  type = map(string)
}
variable "provider_keys" {
  type = map(string)
}
variable "bedrock" {
  type = object({ provider = string, region = string })
}
variable "external_secrets_store" {
  type = object({ name = string, kind = string })
}
variable "secret_names" {
  type = map(string)
}

locals {
  identities = {
    for service, account in var.service_accounts : service => {
      serviceAccount = {
        create      = true
        name        = account
        annotations = { for arn in compact([lookup(var.role_arns, service, "")]) : "eks.amazonaws.com/role-arn" => arn }
      }
    }
  }

  with_keys = {
    for id, variable in var.provider_keys : id => {
      existingSecret = "${var.name}-${id}"
      env            = { (variable) = "api-key" }
    }
  }
  without_keys = {
    for provider in var.bedrock[*] : provider.provider => { environment = { BEDROCK_REGION = provider.region } }
  }

  own = { for key in ["redis-url", "api-key-pepper"] : key => { key = var.secret_names[key] } }
  of_providers = {
    for id in keys(var.provider_keys) : "${var.name}-${id}" => { "api-key" = { key = var.secret_names[id] } }
  }
  secrets = { for store in var.external_secrets_store[*] : "externalSecrets" => {
    enabled  = true
    storeRef = { name = store.name, kind = store.kind }
    secrets  = merge({ (var.name) = local.own }, local.of_providers)
  } }
}

output "values" {
  value = merge(
    {
      dynamodb  = { table = var.table, region = var.region, endpoint = "", createTable = false }
      redis     = { existingSecret = var.name, urlKey = "redis-url" }
      apiKeys   = { existingSecret = var.name, pepperKey = "api-key-pepper" }
      providers = merge(local.with_keys, local.without_keys)
    },
    local.identities,
    local.secrets,
  )
}
