"""Tests of check_inf: the package's INF has no problem, and each wrong one is found, by its line.

Names begin with the number of the contract that docs/reference/emulator-contract.md lists.
"""
import unittest

from tree_case import SCRIPTS, TreeCase, load

lint = load("check_inf")
ROOT = SCRIPTS.parent


class WrongPackages(TreeCase):
    def setUp(self):
        super().setUp()
        for name in (lint.INF, lint.IDENTITY, lint.RESOURCE, lint.PROJECT):
            self.write(name, (ROOT / name).read_text(encoding="utf-8"))
        self.text = (ROOT / lint.INF).read_text(encoding="utf-8")

    def problems(self):
        self.write(lint.INF, self.text)
        return lint.check(self.root)

    def change(self, old, new):
        """The changed line's number."""
        self.assertEqual(self.text.count(old), 1, old)
        line = self.text[:self.text.index(old)].count("\n") + 1
        self.text = self.text.replace(old, new)
        return line

    def assert_found(self, old, new, words):
        line = self.change(old, new)
        found = self.problems()
        self.assertTrue(any(f":{line}: " in each and words in each for each in found), (words, line, found))

    def test_102_the_package_as_it_is_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_102_a_driver_of_another_class_is_found(self):
        self.assert_found("= NetService", "= Net", "Class is Net, not NetService")

    def test_102_the_class_of_adapters_is_found(self):
        self.assert_found("4D36E974", "4D36E972", "ClassGuid")

    def test_102_a_monitoring_filter_is_found(self):
        self.assert_found("FilterType,0x00010001,0x00000002", "FilterType,0x00010001,0x00000001", "FilterType is 0x00000001, not 2")

    def test_102_a_filter_type_that_is_text_is_found(self):
        self.assert_found("FilterType,0x00010001,0x00000002", 'FilterType,,"2"', "FilterType is of type 0")

    def test_102_a_filter_that_adapters_need_is_found(self):
        self.assert_found("FilterRunType,0x00010001,0x00000002", "FilterRunType,0x00010001,0x00000001", "FilterRunType")

    def test_102_a_capturing_extension_is_found(self):
        self.assert_found('"ms_switch_forward"', '"ms_switch_capture"', "FilterClass is ms_switch_capture")

    def test_102_a_filter_of_adapters_too_is_found(self):
        self.assert_found('"vmnetextension"', '"ethernet, vmnetextension"', "FilterMediaTypes is ethernet, vmnetextension")

    def test_102_a_filter_that_says_no_media_is_found(self):
        self.change('HKR,Ndi\\Interfaces,FilterMediaTypes,,"vmnetextension"\n', "")
        self.assertIn("no AddReg writes Ndi\\Interfaces\\FilterMediaTypes", " ".join(self.problems()))

    def test_102_a_filter_with_an_upper_range_is_found(self):
        self.assert_found('"noupper"', '"ndis5"', "UpperRange is ndis5")

    def test_102_an_intermediate_driver_of_old_is_found(self):
        self.assert_found("= 0x40000 ;", "= 0x400 ;", "NCF_LW_FILTER")

    def test_102_another_identifier_than_the_drivers_is_found(self):
        self.assert_found('"{1A7FA0B7', '"{00000000', "NetCfgInstanceId")

    def test_102_a_component_of_another_name_than_its_service_is_found(self):
        self.assert_found("= Install,OVSExt", "= Install,openvswitch", "the component is openvswitch, and the service OVSExt")

    def test_102_a_service_of_another_name_than_the_drivers_is_found(self):
        self.assert_found("AddService = OVSExt", "AddService = Other", "AddService is Other")

    def test_102_a_key_that_names_another_service_is_found(self):
        self.assert_found('Ndi,Service,,"OVSExt"', 'Ndi,Service,,"Other"', "Ndi\\Service is Other")

    def test_102_a_primary_service_that_is_plain_text_is_found(self):
        self.assert_found("CoServices,0x00010000", "CoServices,", "CoServices is of type 0")

    def test_102_a_service_that_is_no_kernel_driver_is_found(self):
        self.assert_found("= 1 ; SERVICE_KERNEL_DRIVER", "= 16", "ServiceType is 16")

    def test_102_a_service_that_waits_to_be_started_is_found(self):
        self.assert_found("= 1 ; SERVICE_SYSTEM_START", "= 3", "StartType is 3")

    def test_102_a_service_outside_the_load_order_is_found(self):
        self.assert_found("LoadOrderGroup = NDIS", "LoadOrderGroup = Network", "LoadOrderGroup")

    def test_102_a_service_of_another_image_is_found(self):
        self.assert_found("%12%\\openvswitch.sys", "%12%\\ovsext.sys", "ServiceBinary")

    def test_102_an_image_that_is_not_copied_where_the_service_has_it_is_found(self):
        self.assert_found("DefaultDestDir = 12", "DefaultDestDir = 13", "DefaultDestDir is 13")

    def test_102_an_image_that_no_disk_has_is_found(self):
        self.change("openvswitch.sys = 1", "ovsext.sys = 1")
        self.assertIn("[SourceDisksFiles] does not say where openvswitch.sys is", " ".join(self.problems()))

    def test_102_a_service_that_stays_after_removal_is_found(self):
        self.change("DelService = OVSExt,0x200 ; SPSVCINST_STOPSERVICE\n", "")
        self.assertIn("[Install.Remove.Services] has no DelService", " ".join(self.problems()))

    def test_102_a_package_for_newer_systems_only_is_found(self):
        self.assert_found("OpenvSwitch,NTamd64.6.2", "OpenvSwitch,NTamd64.10.0", "it is for NTamd64.10.0")

    def test_102_a_binding_option_of_adapters_teams_is_found(self):
        line = self.change('HKR,Ndi,HelpText,,%HelpText%\n',
                           "HKR,Ndi,NdisImPlatformBindingOptions,0x00010001,2\n")
        self.assertTrue(any(f":{line}: NdisImPlatformBindingOptions" in each for each in self.problems()))

    def test_102_a_version_that_the_image_does_not_have_is_found(self):
        self.assert_found(",0.1.0.0", ",0.2.0.0", "DriverVer is 0.2.0.0")

    def test_102_a_date_that_is_none_is_found(self):
        self.assert_found("11/22/2026", "2026-11-22", "DriverVer's date")

    def test_102_an_image_of_another_version_than_the_project_is_found(self):
        resource = (ROOT / lint.RESOURCE).read_text(encoding="utf-8")
        self.write(lint.RESOURCE, resource.replace('"FileVersion", "0.1.0.0"', '"FileVersion", "1.0.0.0"'))
        self.assertIn("version 1.0.0.0, and the project's is 0.1.0.0", " ".join(self.problems()))

    def test_102_another_catalog_is_found(self):
        self.assert_found("openvswitch.cat", "ovsext.cat", "CatalogFile")

    def test_102_a_text_that_is_missing_is_found(self):
        self.assert_found("DisplayName    = %Description%", "DisplayName    = %Title%", "%Title% is not among [Strings]")

    def test_102_a_display_name_that_is_not_the_drivers_is_found(self):
        self.change('"Open vSwitch Extension"', '"Open vSwitch"')
        self.assertIn("DisplayName is Open vSwitch,", " ".join(self.problems()))


if __name__ == "__main__":
    unittest.main()
