/**
 * Global warming potentials over 100 years, kg CO2e per kg of gas: IPCC 2021, Climate Change 2021: The Physical Science
 * Basis, chapter 7, table 7.15 and supplement 7.SM.7 (AR6).
 */

/** @type {ReadonlyMap<string, string>} */
export const AR6 = new Map(Object.entries({
  CO2e: "1", CO2: "1", CH4: "29.8", CH4biogenic: "27", N2O: "273", CFC11: "6230", CFC12: "12500", CFC13: "16200",
  CFC113: "6520", CFC114: "9430", CFC115: "9600", Halon1301: "7200", Halon1211: "1930", Halon2402: "2170",
  CCl4: "2200", CH3Br: "2.43", CH3CCl3: "161", HCFC21: "160", HCFC22: "1960", HCFC123: "90.4", HCFC124: "597",
  HCFC141b: "860", HCFC142b: "2300", HCFC225ca: "137", HCFC225cb: "568", CHF3: "14600", HFC32: "771", HFC41: "135",
  HFC125: "3740", HFC134: "1260", HFC134a: "1530", HFC143: "364", HFC143a: "5810", HFC152: "21.5", HFC152a: "164",
  HFC161: "4.84", HFC227ea: "3600", HFC236cb: "1350", HFC236ea: "1500", HFC236fa: "8690", HFC245ca: "787",
  HFC245fa: "962", HFC365mfc: "914", HFC4310mee: "1600", SO2F2: "4630", SF6: "24300", NF3: "17400", CF4: "7380",
  C2F6: "12400", C3F8: "9290", cC4F8: "10200", C4F10: "10000", C5F12: "9220", C6F14: "8620", C7F16: "8410",
  C8F18: "8260", C10F18: "7480", SF5CF3: "18500", HFE125: "14300", HFE134: "6630", HFE143a: "616", HCFE235da2: "539",
  HFE245cb2: "747", HFE245fa2: "878", HFE347mcc3: "576", HFE347pcf2: "980", HFE356pcc3: "277", HFE569sf2: "60.7",
  HFE4310pccc124: "3220", HFE236ca12: "6060", HFE338pcc13: "3320", HFE227ea: "7520", HFE236ea2: "2590",
  HFE236fa: "1100", HFE245fa1: "934", HFE329mcc2: "3770", HFE338mcf2: "1040", HFE347mcf2: "963", HFE356mec3: "264",
  HFE356pcf2: "831", HFE356pcf3: "484", HFE374pc2: "12.5", PFPMIE: "10300", CHCl3: "20.6", CH2Cl2: "11.2",
  CH3Cl: "5.54", Halon1201: "380",
}));
