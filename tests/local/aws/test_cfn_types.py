import json


def test_a_stack_of_the_added_types_comes_and_goes(aws):
    cloudformation = aws.client("cloudformation")
    budget = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 50, "Unit": "USD"}}
    resources = {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "intent"},
        },
        "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": budget}},
        "Login": {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": "https://token.example.com"}},
        "Composite": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmName": "never", "AlarmRule": "FALSE"},
        },
    }

    cloudformation.create_stack(StackName="added", TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="added")

    assert aws.alarm_state("never") == "OK"
    cloudformation.delete_stack(StackName="added")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="added")
    groups = aws.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert "intent" not in [group["ModelPackageGroupName"] for group in groups]
